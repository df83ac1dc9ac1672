"""Values that no parameter expects: refused or taken, but never what a target fails at."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.campaigns.endings import ending
from pytest_cmdbguard.probes.payloads import TextProbe
from pytest_cmdbguard.probes.points import AMBIENT, BODY_LOCATIONS, injection_points
from pytest_cmdbguard.probes.schemas import branches, types_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cmdbguard.campaigns.volley import Volley
    from pytest_cmdbguard.model import Exchange, Operation, Parameter

# Beyond what 64 bits and any column hold; a NUL, which PostgreSQL keeps in no text.
_NUMBER, _NUL = "9" * 40, "a\x00b"
# Half a character; nothing; what is a number and no integer; more than any column is wide.
_MORE = (_NUMBER, _NUL, "\ud800", "", "-1", "0.5", "1e999", "[]", "x" * 5000)
# A header holds neither NUL nor line ends: bytes that are no ASCII are the strangest that it can.
_IN_HEADERS, _MORE_IN_HEADERS = ("é€",), ("é€", _NUMBER, "", ",", "x" * 5000)
# The value was not looked at: who asks, and how often, comes first.
_UNREAD = {0, 401, 403, 429}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What hostile values at one place were answered.

    ``proof`` is empty unless the target failed at one, twice, and at no valid request;
    ``exchange`` is the one it belongs to. ``stopped`` says why nothing was learned.
    """

    point: Parameter
    stopped: str = ""
    proof: str = ""
    exchange: Exchange | None = None


def has_parameters(operation: Operation) -> bool:
    """Whether an operation takes input beside a body."""
    return bool(_places(operation)) and not ends_the_session(operation)


class HostileValues:
    """Sends each parameter values that it cannot expect, one at a time.

    Args:
        volley: sends them, without a proxy that might fail at them itself.
        profile: with ``quick`` each gets the one that is most often fatal to its type.
    """

    def __init__(self, volley: Volley, *, profile: str) -> None:
        self._volley, self._full = volley, profile == "full"

    def __call__(self, operation: Operation) -> Iterator[Answered]:
        """One result per parameter."""
        for point in _places(operation):
            yield self._tried(operation, point)

    def _tried(self, operation: Operation, point: Parameter) -> Answered:
        answers = []
        for text in _texts(point, full=self._full):
            answer = self._send(operation, point, text)
            if answer.status >= 500 and self._send(operation, point, text).status >= 500:
                return self._failed(operation, point, text, answer)
            answers.append(answer.status)
        unread = all(status in _UNREAD for status in answers)
        return Answered(point=point, stopped=ending(answers[0]) if unread else "")

    def _failed(
        self, operation: Operation, point: Parameter, text: str, answer: Exchange
    ) -> Answered:
        valid = self._volley.valid(operation)
        if valid.status >= 500:
            return Answered(point=point, stopped=f"{ending(valid.status)}, as a valid request")
        shown = repr(text) if len(text) <= 50 else f"{text[:10]!r}… ({len(text):,} characters)"
        proof = (
            f"{point.location} {point.name}: {shown} is answered HTTP {answer.status}, each time; "
            f"a valid request HTTP {valid.status}"
        )
        return Answered(point=point, proof=proof, exchange=answer)

    def _send(self, operation: Operation, point: Parameter, text: str) -> Exchange:
        (sent,) = self._volley.each(operation, [(point, TextProbe(text=text))])
        return sent.exchange


def _places(operation: Operation) -> list[Parameter]:
    """Parameters that the document declares; bodies have :class:`.fuzzing.Fuzzer`."""
    elsewhere = {*BODY_LOCATIONS, "jwt"}
    points = injection_points(operation)
    return [one for one in points if one.location not in elsewhere and one not in AMBIENT]


def _texts(point: Parameter, *, full: bool) -> tuple[str, ...]:
    if point.location in {"header", "cookie"}:
        return _MORE_IN_HEADERS if full else _IN_HEADERS
    if full:
        return _MORE
    kinds = {kind for branch in branches(point.schema) for kind in types_of(branch)}
    return (_NUMBER,) if kinds & {"integer", "number"} else (_NUL,)
