"""Input leads nowhere but where it may: to no other file, no other server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Severity, check
from pytest_cmdbguard.campaigns.outgoing import OUTGOING
from pytest_cmdbguard.campaigns.paths import PATHS
from pytest_cmdbguard.campaigns.redirects import is_asked
from pytest_cmdbguard.evidence import not_verified

from ._sinks import record, require_neighbour, takes_free_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_cmdbguard.campaigns.redirects import Redirects
    from pytest_cmdbguard.campaigns.sinks import Kind, Means, Place, SinkAttack

    Attack = Callable[[Kind], SinkAttack]


@check(
    id="CG-PATH-001",
    criterion="owasp-top-10",
    title="Input leads to no file outside of what is served",
    severity=Severity.CRITICAL,
    cwe=22,
    owasp="A01:2021 A01:2025",
    asvs="5.0:5.3.2 4.0.3:12.3.1",
    remedy="Look names up in a table, or compare the resolved path with the root before opening.",
    operations=takes_free_text,
)
def input_leads_to_no_foreign_file(
    operation: Operation, sink_attack: Attack, means: Means, evidence: Evidence
) -> None:
    """Judged by the secret of a sentinel file, and by what the target opens and writes."""
    require_neighbour(means)
    record(evidence, operation, sink_attack(PATHS)(operation), sink="file")


@check(
    id="CG-SSRF-001",
    criterion="owasp-top-10",
    title="Input leads to no connection with an internal address",
    severity=Severity.CRITICAL,
    cwe=918,
    owasp="A10:2021 A01:2025 API7:2023",
    asvs="5.0:1.3.6 4.0.3:5.2.6",
    remedy="Resolve the name once, refuse private addresses, connect to the one that was judged.",
    operations=takes_free_text,
)
def input_leads_to_no_internal_address(
    operation: Operation, sink_attack: Attack, evidence: Evidence
) -> None:
    """Judged by a server of ours on the loopback interface that is asked."""
    record(evidence, operation, sink_attack(OUTGOING)(operation), sink="socket")


@check(
    id="CG-SSRF-002",
    criterion="owasp-top-10",
    title="No redirect leads the target to an internal address",
    severity=Severity.CRITICAL,
    cwe=918,
    owasp="A10:2021 A01:2025 API7:2023",
    asvs="5.0:1.3.6 4.0.3:5.2.6",
    remedy="Follow no redirects, or judge the address of each hop as that of the first.",
)
def redirects_lead_to_no_internal_address(
    operations: tuple[Operation, ...],
    means: Means,
    redirects: Redirects | None,
    evidence: Evidence,
) -> None:
    """A server that the target may ask answers 302 and 307, which lead to our own listener."""
    places = [
        place
        for operation in filter(takes_free_text, operations)
        for place in OUTGOING.places(means, operation)
    ]
    if redirects is None:
        leave_out(places, evidence)
        return
    for result in redirects(places):
        record(evidence, result.operation, [result], sink="socket")


def leave_out(places: Iterable[Place], evidence: Evidence) -> None:
    """Note that nobody said whom the target may ask; not verified where it does ask."""
    untold = "nobody told whom it may ask: [target.protection] partner"
    for place in places:
        if is_asked(place):
            not_verified(f"{place.operation} sends requests, and {untold}")
        evidence.contact(place.operation, place.point, reached=False, stopped=untold)
