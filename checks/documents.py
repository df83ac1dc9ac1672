"""Files and documents stay data: they leave their place, run code or open other files never."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Operation, Severity, check
from pytest_cmdbguard.campaigns.parsed import (
    ENTITIES,
    SERIALISED,
    takes_serialised,
    takes_xml,
)
from pytest_cmdbguard.campaigns.uploads import (
    ARCHIVES,
    LARGE_BYTES,
    UPLOADS,
    oversized,
    takes_archives,
    takes_files,
)

from ._sinks import record, require_hook, require_neighbour

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cmdbguard.campaigns.sinks import Kind, Means, SinkAttack
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings

    Attack = Callable[[Kind], SinkAttack]


@check(
    id="CG-UPL-001",
    criterion="owasp-top-10",
    title="Uploaded files stay in their place, are no pages, and have a limit",
    severity=Severity.HIGH,
    cwe=434,
    owasp="A04:2021 A06:2025 API4:2023",
    asvs="5.0:5.2.1 4.0.3:12.1.1",
    remedy="Store under names of your own, send files as downloads, and limit their size.",
    operations=takes_files,
)
def uploads_stay_files(
    operation: Operation,
    sink_attack: Attack,
    means: Means,
    api: Api,
    surroundings: Surroundings,
    evidence: Evidence,
) -> None:
    """Judged by files that appear elsewhere, and by how what was stored is shown again."""
    require_neighbour(means)
    record(evidence, operation, sink_attack(UPLOADS)(operation), sink="file")
    for answer in oversized(api, surroundings, operation):
        evidence.finding(
            f"a file of {LARGE_BYTES >> 20} MiB was answered HTTP {answer.status}, and the "
            "document allows no such size",
            operation=operation,
            sink="size",
            severity=Severity.MEDIUM,
        )


@check(
    id="CG-UPL-002",
    criterion="owasp-top-10",
    title="Archives are unpacked nowhere but in their place",
    severity=Severity.CRITICAL,
    cwe=22,
    owasp="A01:2021 A01:2025",
    asvs="5.0:5.3.3 4.0.3:12.3.1",
    remedy="Use the last part of a member's name, refuse links, and check the resolved path.",
    operations=takes_archives,
)
def archives_stay_in_their_place(
    operation: Operation, sink_attack: Attack, means: Means, evidence: Evidence
) -> None:
    """Judged by files that appear elsewhere, and by secrets that links lead to."""
    require_neighbour(means)
    record(evidence, operation, sink_attack(ARCHIVES)(operation), sink="file")


@check(
    id="CG-XML-001",
    criterion="owasp-top-10",
    title="XML documents refer to nothing outside of themselves",
    severity=Severity.CRITICAL,
    cwe=611,
    owasp="A05:2021 A02:2025",
    asvs="5.0:1.5.1 4.0.3:5.5.2",
    remedy="Use a parser that refuses entities and document types (defusedxml).",
    operations=takes_xml,
)
def xml_refers_to_nothing_outside(
    operation: Operation, sink_attack: Attack, evidence: Evidence
) -> None:
    """Judged by a sentinel file that is opened, and by a server of ours that is asked."""
    record(evidence, operation, sink_attack(ENTITIES)(operation), sink="xml")


@check(
    id="CG-SER-001",
    criterion="owasp-top-10",
    title="Reading a value makes no object that the value names",
    severity=Severity.CRITICAL,
    cwe=502,
    owasp="A08:2021 A08:2025",
    asvs="5.0:1.5.2 4.0.3:5.5.3",
    remedy="Read JSON or safe YAML; sign what comes back before reading it.",
    operations=takes_serialised,
)
def values_make_no_objects(
    operation: Operation, sink_attack: Attack, means: Means, evidence: Evidence
) -> None:
    """Judged by the classes that the interpreter looks up."""
    require_hook(means)
    record(evidence, operation, sink_attack(SERIALISED)(operation), sink="deserialiser")
