"""``findings.sarif``: the proven findings in SARIF 2.1.0, for code hosts and dashboards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_cmdbguard.baseline import State
from pytest_cmdbguard.model import Severity
from pytest_cmdbguard.report.whole import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cmdbguard.model import Finding
    from pytest_cmdbguard.run import Run

NAME = "findings.sarif"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
HOME = "https://pytest-cmdbguard.readthedocs.io"
FINGERPRINT = "cmdbguard/v1"
LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
# what code hosts sort by, on the scale of CVSS
SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
}
# of the baseline; one that expired is as good as new
STATES = {State.NEW: "new", State.KNOWN: "unchanged", State.EXPIRED: "new"}


def write(run: Run, directory: Path) -> None:
    """Write ``findings.sarif`` into the directory, whole or not at all. Raises: OSError."""
    write_json(directory / NAME, to_json(run))


def to_json(run: Run) -> dict[str, Any]:
    """The findings as a SARIF log; known ones are there as suppressed results."""
    worst = {finding.check: finding for finding in reversed(run.findings)}
    rules = sorted(worst)
    driver = {
        "name": "pytest-cmdbguard",
        "informationUri": HOME,
        "rules": [_rule(worst[check]) for check in rules],
    }
    if version := run.environment.get("cmdbguard"):
        driver["semanticVersion"] = version
    tool = {"driver": driver}
    results = [_result(run, finding, rules.index(finding.check)) for finding in run.findings]
    invocation = {"executionSuccessful": not run.aborted}
    entry = {"tool": tool, "invocations": [invocation], "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [entry]}


def _rule(finding: Finding) -> dict[str, Any]:
    """A check, described by the worst of its findings."""
    return {
        "id": finding.check,
        "shortDescription": {"text": finding.title},
        "help": {"text": finding.remedy},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {
            "tags": ["security", *_tags(finding)],
            "security-severity": SCORES[finding.severity],
            "criterion": finding.criterion,
        },
    }


def _tags(finding: Finding) -> list[str]:
    """``external/cwe/cwe-089``, which code hosts know, and the OWASP and ASVS ids one by one."""
    tags = []
    for reference in finding.references:
        scheme, _, ids = reference.partition(" ")
        if number := re.fullmatch(r"CWE-(\d+)", reference):
            tags.append(f"external/cwe/cwe-{int(number[1]):03d}")
        else:
            tags += [f"{scheme} {one}" for one in ids.split()]
    return tags


def _result(run: Run, finding: Finding, index: int) -> dict[str, Any]:
    state = run.balance.state(finding)
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": index,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.title}: {_place(finding)}\n{finding.proof}"},
        "locations": [_location(finding)],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "baselineState": STATES[state],
        "properties": {
            "severity": str(finding.severity),
            "method": finding.operation.partition(" ")[0],
            "parameter": finding.parameter,
            "location": finding.location,
            "sink": finding.sink,
            "reproduce": list(finding.reproduce),
        },
    }
    if state is State.KNOWN:
        words = run.balance.entries[finding.fingerprint].words
        result["suppressions"] = [{"kind": "external", "justification": words}]
    return result


def _place(finding: Finding) -> str:
    point = f"{finding.location} parameter {finding.parameter}" if finding.parameter else ""
    return ", ".join(filter(None, (finding.operation, point))) or "the whole target"


def _location(finding: Finding) -> dict[str, Any]:
    """A path of the target; code hosts want a location with a URI for every result."""
    path = finding.operation.partition(" ")[2].lstrip("/")
    return {
        "physicalLocation": {"artifactLocation": {"uri": quote(path) or "target"}},
        "logicalLocations": [{"fullyQualifiedName": _place(finding), "kind": "resource"}],
    }
