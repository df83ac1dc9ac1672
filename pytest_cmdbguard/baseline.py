"""Findings that people know and accept for a time: ``cmdbguard-baseline.toml``.

An entry is recognised by the finding's fingerprint, which no payload, port, order or machine
changes. It counts once somebody gave it a reason and an owner, and until its date.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

from .errors import SettingsError
from .model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from .model import CheckResult, Finding

FILE = "cmdbguard-baseline.toml"
TODO = "TODO"
ACCEPTED_FOR = dt.timedelta(days=90)
_TEXTS = ("fingerprint", "check", "operation", "parameter", "reason", "owner")
_HEADER = """\
# Findings that are known and accepted for a time (pytest --cmdbguard-write-baseline adds to them).
# An entry counts when its reason and its owner are filled in, and until its date.
"""


class State(enum.StrEnum):
    """How the baseline stands to a finding."""

    NEW = "new"  # nobody has accepted it
    KNOWN = "known"  # accepted, and shown
    EXPIRED = "expired"  # it was accepted for a time that is over


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One accepted finding; ``until`` is the last day on which it is."""

    fingerprint: str
    check: str
    operation: str
    parameter: str
    reason: str
    owner: str
    until: dt.date

    @property
    def is_filled(self) -> bool:
        """Whether somebody said why, and who answers for it."""
        return all(text.strip() not in {"", TODO} for text in (self.reason, self.owner))

    @property
    def words(self) -> str:
        """How reports show who accepted it and until when."""
        return f'"{self.reason}" ({self.owner}, until {self.until})'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """How a run compares with the baseline.

    ``states`` has every finding's fingerprint; ``fixed`` are entries whose check was decided and
    did not find them again, ``unlooked`` those whose check was not, ``unfilled`` do not count.
    """

    states: Mapping[str, State] = dataclasses.field(default_factory=dict)
    entries: Mapping[str, Entry] = dataclasses.field(default_factory=dict)
    fixed: tuple[Entry, ...] = ()
    unlooked: tuple[Entry, ...] = ()
    unfilled: tuple[Entry, ...] = ()

    def state(self, finding: Finding) -> State:
        """New unless the baseline says otherwise."""
        return self.states.get(finding.fingerprint, State.NEW)

    def count(self, state: State) -> int:
        """How many findings are in that state."""
        return sum(one is state for one in self.states.values())


class Baseline:
    """The accepted findings of a project."""

    def __init__(self, path: Path, entries: Iterable[Entry] = (), *, today: dt.date) -> None:
        self.path, self.today = path, today
        self.entries = {entry.fingerprint: entry for entry in entries}

    @classmethod
    def load(cls, path: Path, *, today: dt.date) -> Baseline:
        """What the file says; empty where there is none.

        Raises: SettingsError for anything in it that cannot be used.
        """
        if not path.is_file():
            return cls(path, today=today)
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise _wrong(path, path.name, f"it is not readable TOML: {error}") from None
        listed = content.pop("known", [])
        if content or not isinstance(listed, list):
            raise _wrong(path, next(iter(content), "known"), "it consists of [[known]] tables")
        entries = [_entry(path, number, table) for number, table in enumerate(listed, 1)]
        if len({entry.fingerprint for entry in entries}) < len(entries):
            raise _wrong(path, "known", "a fingerprint occurs twice; keep one of the entries")
        return cls(path, entries, today=today)

    def state(self, finding: Finding) -> State:
        """How it stands to one finding; an entry without reason or owner does not count."""
        entry = self.entries.get(finding.fingerprint)
        if entry is None or not entry.is_filled:
            return State.NEW
        return State.KNOWN if entry.until >= self.today else State.EXPIRED

    def excuses(self, findings: Sequence[Finding]) -> bool:
        """Whether there are findings and every one of them is known."""
        return bool(findings) and all(self.state(f) is State.KNOWN for f in findings)

    def balance(self, results: Sequence[CheckResult], *, narrowed: bool) -> Balance:
        """How a run compares; a narrowed one (``-k``) proves nothing fixed."""
        found = {f.fingerprint: f for result in results for f in result.findings}
        gone = [entry for entry in self.entries.values() if entry.fingerprint not in found]
        decided = set() if narrowed else _decided(results)
        return Balance(
            states={fingerprint: self.state(f) for fingerprint, f in found.items()},
            entries=self.entries,
            fixed=tuple(entry for entry in gone if entry.check in decided),
            unlooked=tuple(entry for entry in gone if entry.check not in decided),
            unfilled=tuple(e for e in self.entries.values() if not e.is_filled),
        )

    def write(self, findings: Iterable[Finding], balance: Balance) -> int:
        """Write the file anew: these findings, and what was not looked at; what is fixed leaves.

        Entries that were there keep their reason, owner and date. Returns: how many are new.
        Raises: OSError.
        """
        kept = {entry.fingerprint: entry for entry in balance.unlooked}
        fresh = 0
        for finding in findings:
            known = self.entries.get(finding.fingerprint)
            fresh += known is None
            kept[finding.fingerprint] = known or _proposed(finding, self.today + ACCEPTED_FOR)
        ordered = sorted(kept.values(), key=lambda e: (e.check, e.operation, e.parameter))
        text = _HEADER + "".join(map(_written, ordered))
        self.path.write_text(text, encoding="utf-8", errors="replace")
        return fresh


def _decided(results: Sequence[CheckResult]) -> set[str]:
    """The checks all of whose items came to an end with a verdict."""
    verdicts = {Outcome.PASSED, Outcome.FAILED}
    undecided = {result.check for result in results if result.outcome not in verdicts}
    return {result.check for result in results} - undecided


def _proposed(finding: Finding, until: dt.date) -> Entry:
    return Entry(
        fingerprint=finding.fingerprint,
        check=finding.check,
        operation=finding.operation,
        parameter=f"{finding.location} {finding.parameter}".strip(),
        reason=TODO,
        owner=TODO,
        until=until,
    )


def _written(entry: Entry) -> str:
    lines = [f"{name} = {_quoted(getattr(entry, name))}" for name in _TEXTS]
    return "\n".join(["", "[[known]]", *lines, f"until = {entry.until}", ""])


def _quoted(text: str) -> str:
    """A TOML string: JSON's spelling is one, but for the character 127."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _entry(path: Path, number: int, table: Any) -> Entry:  # noqa: ANN401 - what stands there is checked here
    key = f"known[{number}]"
    if not isinstance(table, dict):
        raise _wrong(path, key, "write a table [[known]]")
    if unknown := set(table) - {*_TEXTS, "until"}:
        raise _wrong(path, f"{key}.{min(unknown)}", f"keys are {', '.join(_TEXTS)} and until")
    texts = {name: table.get(name, "") for name in _TEXTS}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise _wrong(path, f"{key}.{name}", "use a text")
    if not re.fullmatch("[0-9a-f]{16}", texts["fingerprint"]):
        raise _wrong(path, f"{key}.fingerprint", "use the 16 digits that the report shows")
    until = table.get("until")
    if type(until) is not dt.date:
        raise _wrong(path, f"{key}.until", "use a date such as 2027-05-31")
    return Entry(**texts, until=until)


def _wrong(path: Path, key: str, remedy: str) -> SettingsError:
    return SettingsError("baseline", key, source=str(path), remedy=remedy)
