"""Who may call what: the policy table, and what is done where it says nothing."""

from __future__ import annotations

import dataclasses
import enum
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_cmdbguard.model import Operation


class Cell(enum.StrEnum):
    """What the policy says of one operation and one role."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Operation ids to the roles that may call them.

    ``roles`` are those of the target's actors, in their order. What all of them may do needs no
    entry only where there is one role.
    """

    table: Mapping[str, Sequence[str]]
    roles: tuple[str, ...]

    def cell(self, operation: Operation, role: str) -> Cell:
        """What a role may do; unknown where nobody has decided it."""
        if not operation.secured or len(self.roles) == 1:
            return Cell.ALLOWED
        allowed = self.table.get(operation.id)
        if allowed is None:
            return Cell.UNKNOWN
        return Cell.ALLOWED if role in allowed else Cell.DENIED

    def denied(self, operation: Operation) -> tuple[str, ...]:
        """The roles that must not call an operation."""
        return tuple(r for r in self.roles if self.cell(operation, r) is Cell.DENIED)

    def is_unknown(self, operation: Operation) -> bool:
        """Whether nobody has decided who may call an operation."""
        return any(self.cell(operation, role) is Cell.UNKNOWN for role in self.roles)


class Draft:
    """A first table to be read by a person: who was answered 2xx for what nobody has decided."""

    def __init__(self) -> None:
        self._seen: dict[str, list[str]] = {}

    def note(self, operation: Operation, granted: Iterable[str]) -> None:
        """Which roles were let in."""
        self._seen[operation.id] = list(granted)

    def write(self, path: Path) -> None:
        """Write the table as TOML, to be read, corrected and put into ``cmdbguard.toml``."""
        if not self._seen:
            return
        lines = [
            "# Observed, not decided: read every line, correct it, and copy it to cmdbguard.toml.",
            "[target.policy]",
            *(f"{json.dumps(name)} = {json.dumps(r)}" for name, r in sorted(self._seen.items())),
        ]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
