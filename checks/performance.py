"""Response times at full size, as a verdict under noise and not as a bare comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Severity, check

from ._timing import conclude

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_cmdbguard.campaigns.speed import Asker
    from pytest_cmdbguard.campaigns.stopwatch import Stopwatch
    from pytest_cmdbguard.witnesses.sql import SqlWitness


@check(
    id="CG-PERF-001",
    criterion="response-time",
    title="95 of 100 answers come within the limit",
    severity=Severity.HIGH,
    cwe=1050,
    remedy="Look at the slow statements and at what the handler waits for.",
    alone=True,
)
def answers_come_in_time(
    speed_case: Asker,
    stopwatch: Stopwatch,
    sql: SqlWitness,
    threshold: Mapping[str, float],
    evidence: Evidence,
) -> None:
    """Every request asks for something else, so that caches do not answer; no SQL is logged."""
    with sql.quiet():
        verdict = stopwatch.judge(speed_case.ask, limit_s=threshold["p95_s"])
    conclude(evidence, verdict, speed_case, limit_s=threshold["p95_s"], what="response")


@check(
    id="CG-PERF-002",
    criterion="indexed-search",
    title="95 of 100 indexed searches take the database less than the limit",
    severity=Severity.HIGH,
    cwe=1050,
    remedy="Give the search an index that serves its condition, and keep waits out of it.",
    alone=True,
)
def searches_are_quick_in_the_database(
    search_case: Asker,
    stopwatch: Stopwatch,
    sql: SqlWitness,
    threshold: Mapping[str, float],
    evidence: Evidence,
) -> None:
    """PostgreSQL's own time (pg_stat_statements), summed over the statements of a request."""

    def search() -> float:
        before = sql.in_database_ms()
        search_case.ask()
        return (sql.in_database_ms() - before) / 1000

    with sql.quiet():
        verdict = stopwatch.judge(search, limit_s=threshold["p95_s"])
    conclude(evidence, verdict, search_case, limit_s=threshold["p95_s"], what="database")
