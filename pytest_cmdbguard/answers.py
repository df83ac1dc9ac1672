"""What somebody else's scanner claims, and what this run says to it, as plain data."""

from __future__ import annotations

import dataclasses
import enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

GRAVE = frozenset({"critical", "high"})


class Standing(enum.StrEnum):
    """What became of an alert when it was looked at from inside."""

    CONFIRMED = "confirmed"  # proven by us at the same place, in the same class
    REFUTED = "refuted"  # the input reached the sink and stayed data there
    UNREACHED = "unreached"  # no probe of ours came through to a sink
    UNCONFIRMED = "unconfirmed"  # nothing of ours judges that class there: it does not gate


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One claim of a scanner, as its report has it.

    ``source`` names the scanner or the report, ``risk`` is in lower case (``high``, ``medium``,
    ``low``, ``informational``), ``cwe`` 0 where the scanner gave none; ``parameter`` may be empty.
    """

    source: str
    name: str
    risk: str
    cwe: int
    method: str
    url: str
    parameter: str = ""

    @property
    def is_grave(self) -> bool:
        """Whether the scanner calls it high or worse."""
        return self.risk in GRAVE


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What this run says to an alert.

    ``operation`` is ``METHOD /path`` of the document, empty when the alert is about none of them;
    ``because`` is the text that goes with the standing: the proof, the confined statement, or
    where the probes ended. ``times`` counts alerts that are the same but for their URL.
    """

    alert: Alert
    standing: Standing
    operation: str = ""
    location: str = ""
    parameter: str = ""
    because: str
    times: int = 1

    def to_json(self) -> dict[str, Any]:
        """Built-in types only (an enum would not pass xdist)."""
        return dataclasses.asdict(self) | {"standing": str(self.standing)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Answer:
        """The inverse of :meth:`to_json`."""
        return cls(
            **dict(data)
            | {"alert": Alert(**data["alert"]), "standing": Standing(data["standing"])}
        )
