"""The faults and sound look-alikes of the reference CMDB, and what the gate must say of each."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any

from .model import Outcome
from .settings import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ADVISORIES = "advisories.json"
OPEN = frozenset({Outcome.NOT_VERIFIED, Outcome.ERROR, Outcome.NOT_RUN})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A fault or twin as ``python -m refcmdb faults`` describes it."""

    name: str
    kind: str
    check: str
    operation: str
    summary: str
    also: tuple[str, ...] = ()  # checks that rightly see the same fault
    shows: str = "finding"  # or what becomes of the check: of some, no target is to blame
    advisory: tuple[str, ...] = ()  # a component, and the version of it that is known as weak

    def write_settings(self, folder: Path) -> None:
        """Write the ``cmdbguard.toml`` of its trial; most need none."""
        if not self.advisory:
            return
        name, version = self.advisory
        if version == "installed":
            version = metadata.version(name)
        weakness = {"id": "PLANTED-1", "fix_versions": ["9999"]}
        known = {"name": name, "version": version, "vulns": [weakness]}
        (folder / ADVISORIES).write_text(json.dumps({"dependencies": [known]}), encoding="utf-8")
        (folder / FILE).write_text(f'[target]\nadvisories = "{ADVISORIES}"\n', encoding="utf-8")


def catalogue() -> list[Planted]:
    """Every fault and twin of the reference CMDB, sorted by check and name."""
    command = [sys.executable, "-m", "refcmdb", "faults"]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    lists = ("also", "advisory")
    found = [Planted(**one | {key: tuple(one[key]) for key in lists}) for one in listed]
    return sorted(found, key=lambda planted: (planted.check, planted.kind, planted.name))


def family(check: str) -> str:
    """``CG-INJ`` of ``CG-INJ-001``."""
    return check.rpartition("-")[0]


def judge(planted: Planted, results: Mapping[str, Any], operation: str) -> str:
    """What is wrong with the gate's answer to a fault or twin; empty when nothing is.

    Args:
        planted: what was switched on.
        results: the content of ``results.json``.
        operation: ``METHOD /path`` of the planted place; empty when it is the whole target.
    """
    if results["aborted"]:
        return str(results["aborted"])
    findings = results["findings"]
    undecided = dict(_undecided(results))
    if planted.kind == "twin":
        accused = [f"{f['check']} {f['operation']}: {f['proof']}" for f in findings]
        return "; ".join([*accused, *undecided.values()])
    shown = {f["check"] for f in findings}
    if planted.shows == Outcome.NOT_VERIFIED:
        shown |= {check for check in undecided if check == planted.check}
    if planted.check not in shown:
        return "; ".join([f"not found by {planted.check}", *undecided.values()])
    if others := sorted(shown - {planted.check, *planted.also}):
        return f"also accused by {', '.join(others)}"
    places = {f["operation"] for f in findings if f["check"] == planted.check}
    return "" if not operation or operation in places else f"found elsewhere: {sorted(places)}"


def _undecided(results: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Checks that said nothing, and why.

    Not the verdicts on criteria: the lane of a trial is narrow, and need not lead to every sink.
    """
    for criterion in results["criteria"]:
        for check in criterion["checks"]:
            if check["outcome"] in OPEN:
                yield check["id"], f"{check['id']}: {check['reason'] or check['outcome']}"
