"""The target's code, looked at without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cmdbguard import Evidence, Severity, check
from pytest_cmdbguard.campaigns import inspection

if TYPE_CHECKING:
    from pathlib import Path


@check(
    id="CG-SCAN-001",
    criterion="security-scanning",
    title="Static analysis knows no severe weakness in the code",
    severity=Severity.MEDIUM,
    cwe=1006,
    owasp="A04:2021 A06:2025",
    asvs="5.0:15.1.1 4.0.3:10.2.1",
    remedy="Follow Bandit's advice, or mark the line with the reason why it is safe.",
)
def static_analysis_finds_nothing_severe(
    target_code: tuple[Path, ...], evidence: Evidence
) -> None:
    """Bandit, severity and confidence both high; the line it names is the proof."""
    for weakness in inspection.weaknesses(target_code):
        proof = f"{weakness.place}: {weakness.rule} {weakness.text}\n{weakness.code}"
        name = weakness.place.rpartition("/")[2].partition(":")[0]
        again = f"bandit -t {weakness.rule} {weakness.place.rpartition(':')[0]}"
        evidence.finding(proof, sink=f"{weakness.rule} {name}", shell=again)


@check(
    id="CG-SCAN-002",
    criterion="security-scanning",
    title="The bill of materials names everything that the code imports",
    severity=Severity.MEDIUM,
    cwe=1104,
    owasp="A06:2021 A03:2025 API8:2023",
    asvs="5.0:15.1.2 4.0.3:14.2.5",
    remedy="Declare the package as a dependency instead of carrying a copy.",
)
def everything_imported_is_on_the_bill(
    target_code: tuple[Path, ...], materials: inspection.Materials, evidence: Evidence
) -> None:
    """Writes a CycloneDX bill of materials, and follows every import to a line of it."""
    evidence.measure(f"{len(materials.distributions)} components in sbom.cdx.json", share=0)
    for module, place in inspection.unnamed(target_code, materials):
        proof = f"{place} imports {module}, which no installed distribution brings"
        evidence.finding(proof, sink=f"import {module}")


@check(
    id="CG-DEP-001",
    criterion="security-scanning",
    title="No component has a known advisory",
    severity=Severity.HIGH,
    cwe=1395,
    owasp="A06:2021 A03:2025 API8:2023",
    asvs="5.0:15.2.1 4.0.3:14.2.1",
    remedy="Update the component, or waive the criterion with the reason.",
)
def no_component_has_an_advisory(
    advisories: Path | None, materials: inspection.Materials, evidence: Evidence
) -> None:
    """Asks the source that the settings name; without one it stays undecided."""
    for line in inspection.advisories(advisories, materials):
        evidence.finding(line, sink=f"advisory {line.partition(':')[0]}")
