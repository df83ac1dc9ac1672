"""The faults and sound look-alikes of the reference CMDB, and what the gate must say of each."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import subprocess
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any

from . import targets
from .model import Outcome
from .services.containers import derived
from .services.containers.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from .settings import Settings

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

    container: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # what differs of it

    services: str = ""  # how services must run, where it makes sense with one kind only

    @property
    def needs_docker(self) -> bool:
        """Whether it is seen in a running container only."""
        return bool(self.container) and "file" not in self.container

    def can_be_tried(self, services: str) -> bool:
        """Whether it makes sense with services that run like this."""
        return (self.services or ("containers" if self.needs_docker else services)) == services

    @contextlib.contextmanager
    def prepared(self, folder: Path, settings: Settings) -> Iterator[dict[str, dict[str, Any]]]:
        """What its trial needs, for as long as it takes: tables over those of the settings.

        Files for it are written to ``folder``. Raises: GuardError.
        """
        with contextlib.ExitStack() as stack:
            tables: dict[str, dict[str, Any]] = {"target": {}, "containers": {}}
            if self.advisory:
                tables["target"]["advisories"] = str(self._advisories(folder))
            if "file" in self.container:
                files = targets.load(settings).build_files
                tables["target"]["build_files"] = list(self._build_files(folder, files))
            if "run" in self.container:
                tables["containers"]["run"] = derived.filled(self.container["run"])
            if self.needs_docker:
                image = derived.image(self.container, Options.read(settings))
                tables["containers"]["cmdb"] = stack.enter_context(image)
            yield {name: {**settings.table(name), **table} for name, table in tables.items()}

    def _advisories(self, folder: Path) -> Path:
        name, version = self.advisory
        if version == "installed":
            version = metadata.version(name)
        weakness = {"id": "PLANTED-1", "fix_versions": ["9999"]}
        known = {"name": name, "version": version, "vulns": [weakness]}
        path = folder / "advisories.json"
        path.write_text(json.dumps({"dependencies": [known]}), encoding="utf-8")
        return path

    def _build_files(self, folder: Path, paths: Sequence[Path]) -> Iterator[str]:
        """Copies of the files, one of them changed. Raises: ValueError when that says no such."""
        for path in paths:
            text = path.read_text(encoding="utf-8")
            if path.name == self.container["file"]:
                if self.container["old"] not in text:
                    raise ValueError(f"{path.name} does not say {self.container['old']!r}")
                text = text.replace(self.container["old"], self.container["new"])
            copy = folder / path.name
            copy.write_text(text, encoding="utf-8")
            yield str(copy)


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
