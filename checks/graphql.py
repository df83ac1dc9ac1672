"""Variables of GraphQL requests stay data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Severity, check
from pytest_cmdbguard.campaigns.commands import ARGUMENTS, COMMANDS
from pytest_cmdbguard.campaigns.outgoing import OUTGOING
from pytest_cmdbguard.campaigns.paths import PATHS
from pytest_cmdbguard.campaigns.templating import CODES, TEMPLATES
from pytest_cmdbguard.evidence import not_verified
from pytest_cmdbguard.probes.graphql import QUERY

from ._sinks import report, require_hook, require_neighbour

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cmdbguard.campaigns.attack import PointResult, SqlAttack
    from pytest_cmdbguard.campaigns.graphql import GraphQl
    from pytest_cmdbguard.campaigns.sinks import Kind, Means, SinkAttack, SinkResult

KINDS = {
    "process": (COMMANDS, ARGUMENTS),
    "template": (TEMPLATES,),
    "code": (CODES,),
    "file": (PATHS,),
    "socket": (OUTGOING,),
}


@check(
    id="CG-GQL-001",
    criterion="sql-injection",
    title="Variables of GraphQL requests never become SQL",
    severity=Severity.HIGH,
    cwe=89,
    owasp="A03:2021 A05:2025",
    asvs="5.0:1.2.4 4.0.3:5.3.4 4.0.3:13.4.1",
    remedy="Bind values as parameters in every resolver, map sort keys and columns to names.",
)
def variables_never_become_sql(
    graphql: GraphQl, sql_attack: SqlAttack, evidence: Evidence
) -> None:
    """Judged by what PostgreSQL received, as with any other input."""
    require_schema(graphql)
    for operation in graphql.operations:
        for result in sql_attack(operation):
            note(evidence, result, sink="sql")


@check(
    id="CG-GQL-002",
    criterion="owasp-top-10",
    title="Variables of GraphQL requests become no command, template, code, path or address",
    severity=Severity.CRITICAL,
    cwe=74,
    owasp="A03:2021 A05:2025",
    asvs="5.0:1.2.5 5.0:1.3.2 4.0.3:5.2.4 4.0.3:5.3.8",
    remedy="Treat arguments of resolvers as any other input.",
)
def variables_reach_no_other_sink(
    graphql: GraphQl,
    sink_attack: Callable[[Kind], SinkAttack],
    means: Means,
    evidence: Evidence,
) -> None:
    """Judged by the witnesses around the target's process."""
    require_schema(graphql)
    if graphql.operations:
        require_hook(means)
        require_neighbour(means)
    for operation in graphql.operations:
        for sink, kinds in KINDS.items():
            for result in (result for kind in kinds for result in sink_attack(kind)(operation)):
                note(evidence, result, sink=sink)


def require_schema(graphql: GraphQl) -> None:
    """Go on unless the document names an endpoint of which nobody knows what it takes."""
    if graphql.untold:
        not_verified(
            f"{graphql.untold} does not tell its schema: let the actor who sees most introspect it"
        )


def note(evidence: Evidence, result: PointResult | SinkResult, *, sink: str) -> None:
    """Record what became of a place; the document of a request is written by us, and is none."""
    if result.point.name == QUERY:
        return
    if result.reached or not getattr(result, "closed", False):
        evidence.contact(
            result.operation, result.point, reached=result.reached, stopped=result.stopped
        )
    report(evidence, result, sink=sink)
