"""Input leads nowhere but where it may: to no other file, no other server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Severity, check
from pytest_cmdbguard.campaigns.outgoing import OUTGOING
from pytest_cmdbguard.campaigns.paths import PATHS

from ._sinks import record, require_neighbour, takes_free_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cmdbguard.campaigns.sinks import Kind, Means, SinkAttack

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
