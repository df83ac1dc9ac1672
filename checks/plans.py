"""How the database works for a request: by index, and with a constant number of statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Parameter, Severity, check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_cmdbguard.campaigns.plan_reader import PlanReader
    from pytest_cmdbguard.campaigns.speed import Asker

SHOWN = 400
PAGE_SIZES = ("limit", "page_size", "per_page", "pageSize", "size")


def has_pages(operation: Operation) -> bool:
    """Whether a list lets the caller say how many items it wants."""
    return operation.method == "GET" and any(p.name in PAGE_SIZES for p in operation.parameters)


@check(
    id="CG-PLAN-001",
    criterion="query-plans",
    title="No statement of normal work reads through a large table",
    severity=Severity.HIGH,
    cwe=1049,
    remedy="Index the expression the statement really uses, or rewrite it to use the index.",
)
def large_tables_are_read_by_index(
    speed_case: Asker,
    plans: PlanReader,
    threshold: Mapping[str, float],
    evidence: Evidence,
) -> None:
    """Runs each statement again with sequential scans discouraged: one that stays has no index."""
    observed = plans.of(speed_case.ask, large_rows=int(threshold["large_rows"]))
    for scan in observed.scans:
        evidence.finding(
            f"{scan}\n{_end(scan.statement)}",
            operation=speed_case.operation,
            sink=f"{speed_case.name}: {scan.table}",
            exchange=speed_case.last,
        )
    evidence.contact(
        speed_case.operation,
        Parameter(location="statement", name=speed_case.name),
        reached=observed.explained > 0,
        stopped="no statement on a large table was seen",
    )


def _end(statement: str) -> str:
    """The part of a long statement that says where it looks: its end."""
    return statement if len(statement) <= SHOWN else f"… {statement[-SHOWN:]}"


@check(
    id="CG-PLAN-002",
    criterion="query-plans",
    title="The number of SQL statements does not grow with the page size",
    severity=Severity.HIGH,
    cwe=1073,
    remedy="Load what belongs to all items of a page with one join or one more statement.",
    operations=has_pages,
)
def statements_do_not_grow_with_the_page(
    operation: Operation, plans: PlanReader, evidence: Evidence
) -> None:
    """An exact count, so one comparison decides: N+1 shows as soon as a page has more items."""
    size = next(p for p in operation.parameters if p.name in PAGE_SIZES)
    small, large = plans.page(operation, size, items=3), plans.page(operation, size, items=40)
    if large.statements > small.statements:
        evidence.finding(
            f"{small.statements} statements for {small.items} items, {large.statements} for "
            f"{large.items}; repeated: {large.most_repeated}",
            operation=operation,
            point=size,
            sink="statement count",
            exchange=large.exchange,
        )
    evidence.contact(
        operation,
        size,
        reached=large.items > small.items and small.statements > 0,
        stopped=f"pages of {small.items} and {large.items} items",
    )
