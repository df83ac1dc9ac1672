"""Line ends in every input: does one of them begin a line of the log (CWE-117)?"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.probes.benign import takes_text
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.probes.points import injection_points, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Exchange, Operation, Parameter
    from pytest_cmdbguard.probes.client import Api
    from pytest_cmdbguard.probes.surroundings import Surroundings
    from pytest_cmdbguard.witnesses.logs import LogWitness

SHOWN = 120
# Where line ends cannot be sent, or are the kind's own: a document may have lines.
CLOSED = {"header", "cookie", "content", "jwt"}
FAMILIES = {
    "line": "{c}\r\n{d}",
    "feed": "{c}\n{d}",
    "terminal": "{c}\x1b[2K\x1b[1G{d}",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An input that the log shows; ``proof`` is empty where it does so harmlessly."""

    operation: Operation
    point: Parameter
    exchange: Exchange
    proof: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One probe: ``first`` stands before what breaks the line, ``second`` behind it."""

    operation: Operation
    point: Parameter
    exchange: Exchange
    first: str
    second: str


class LogInjection:
    """Sends line ends everywhere, then terminal controls to wherever the log showed something."""

    def __init__(
        self, api: Api, surroundings: Surroundings, log: LogWitness, *, profile: str
    ) -> None:
        """``quick`` leaves out the bodies of secured operations.

        It sends what takes no text (numbers, choices) of a query in one request.
        """
        self._api, self._surroundings, self._log = api, surroundings, log
        self._profile = profile
        self.points = 0

    def __call__(self, operations: Sequence[Operation]) -> Iterator[Written]:
        """Every point that the log shows, with the proof if it broke a line or a terminal."""
        mark = self._log.mark()
        sent = [
            one
            for operation in operations
            if not ends_the_session(operation)
            for points in self._together(operation)
            for one in self._send(operation, points, "line")
        ]
        self.points = len(sent)
        logged = self._log.since(mark)
        for one in sent:
            if one.first.encode() in logged or one.second.encode() in logged:
                yield from self._closer(one, logged)

    def _together(self, operation: Operation) -> list[list[Parameter]]:
        """The points of an operation, by request."""
        points = [one for one in injection_points(operation) if self._is_open(operation, one)]
        if self._profile == "full":
            return [[point] for point in points]
        closed = [p for p in points if p.location == "query" and not takes_text(p)]
        return [
            *([point] for point in points if point not in closed),
            *([closed] if closed else []),
        ]

    def _is_open(self, operation: Operation, point: Parameter) -> bool:
        early = point.location in {"path", "query"} or not operation.secured
        return point.location not in CLOSED and (early or self._profile == "full")

    def _closer(self, one: Sent, logged: bytes) -> Iterator[Written]:
        """The first family that does harm, else the harmless sighting."""
        proof, last = proof_in(logged, one), one
        for family in ("feed", "terminal"):
            if proof:
                break
            mark = self._log.mark()
            (last,) = self._send(one.operation, [one.point], family)
            proof = proof_in(self._log.since(mark), last)
        yield Written(
            operation=one.operation, point=one.point, exchange=last.exchange, proof=proof
        )

    def _send(
        self, operation: Operation, points: Sequence[Parameter], family: str
    ) -> Iterator[Sent]:
        pairs = [(fresh_token(), fresh_token()) for _ in points]
        values = self._surroundings.values(operation)
        for point, (first, second) in zip(points, pairs, strict=True):
            values = place(values, point, FAMILIES[family].format(c=first, d=second))
        tokens = [token for pair in pairs for token in pair]
        exchange = self._api.send(operation, values, tokens=tokens)
        for point, (first, second) in zip(points, pairs, strict=True):
            yield Sent(
                operation=operation, point=point, exchange=exchange, first=first, second=second
            )


def proof_in(logged: bytes, sent: Sent) -> str:
    """The line that begins with our text, or holds our control characters; empty if none does."""
    lines = re.split(rb"[\r\n]", logged)
    for before, line in zip([b"", *lines], lines, strict=False):
        if line.lstrip().startswith(sent.second.encode()):
            return (
                f"a line of the log begins with what the request sent: »{_shown(line)}« "
                f"after »{_shown(before)}«"
            )
        if b"\x1b" in line and sent.second.encode() in line:
            return f"a line of the log holds control characters of ours: {_shown(line)!r}"
    return ""


def _shown(line: bytes) -> str:
    return line.decode("utf-8", "replace").strip()[-SHOWN:]
