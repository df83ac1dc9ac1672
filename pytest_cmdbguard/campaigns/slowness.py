"""Does a longer input make far more work (expressions that backtrack, loops in loops)?

Judged by the CPU time of the target's processes, never by the clock: a machine that is busy with
other things does not change it.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.campaigns.sinks import SinkResult
from pytest_cmdbguard.model import Severity
from pytest_cmdbguard.probes.benign import takes_text
from pytest_cmdbguard.probes.points import injection_points
from pytest_cmdbguard.probes.schemas import flattened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_cmdbguard.campaigns.volley import Sent, Volley
    from pytest_cmdbguard.model import Exchange, Operation, Parameter
    from pytest_cmdbguard.witnesses.cpu import CpuWitness

# What is repeated.
_SHAPES = {"letters": "a", "blanks": " ", "digits": "1", "labels": "a.", "dashes": "a-"}
# What then breaks the match at its end: the first that the place's own pattern lets through.
_ENDS = ("!", "_", "-", ".", "\n!")
# Exponential work shows at the short ones before it takes for ever, then cubic, then quadratic.
_LENGTHS = (16, 20, 400, 5000)
_QUICK = {"letters": (20, 400, 5000), "blanks": (400, 5000)}
_SUSPICIOUS_S = 0.02
_REQUEST_S = 0.005  # what a request costs that validates and writes
_PROVEN_S = 0.5
_STEEPER_SHORT = 2.0  # two more characters are a tenth more work of a sound program
_STEEPER = 3.0  # twice as long is twice the work of a sound program, and no more
_LONGEST = 80_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LongText:
    """One input: a part that is repeated, and an end."""

    text: str
    tokens: tuple[str, ...] = ()
    beside: Mapping[tuple[str, str], object] = dataclasses.field(default_factory=dict)


class SlowInput:
    """Looks for places where work grows faster than input.

    Args:
        volley: sends directly, not through a proxy.
        cpu: of the target.
        profile: ``quick`` or ``full``.
    """

    def __init__(self, volley: Volley, cpu: CpuWitness, *, profile: str) -> None:
        self._volley, self._cpu = volley, cpu
        self._strict: dict[str, set[str]] = {}
        self._lengths = dict.fromkeys(_SHAPES, _LENGTHS) if profile == "full" else _QUICK

    def __call__(self, operation: Operation) -> Iterator[SinkResult]:
        """One result per place that takes long texts."""
        points = [point for point in injection_points(operation) if _takes_long_text(point)]
        if not points or ends_the_session(operation):
            return
        proven: dict[str, SinkResult] = {}
        for shape, lengths in self._lengths.items():
            for point, length in self._suspects(operation, points, shape, lengths):
                result = self._proof(operation, point, shape, length)
                if result:
                    proven.setdefault(point.name, result)
        for point in points:
            nothing = SinkResult(operation=operation, point=point, reached=True)
            yield proven.get(point.name, nothing)

    def _suspects(
        self,
        operation: Operation,
        points: Sequence[Parameter],
        shape: str,
        lengths: Sequence[int],
    ) -> Iterator[tuple[Parameter, int]]:
        """Places where a text of some length took conspicuously long; the shortest such."""
        for length in lengths:
            texts = [
                (point, _long(point, shape, length)) for point in points if _fits(point, length)
            ]
            before = self._cpu.seconds()
            sent = list(self._sent(operation, texts))
            usual = _SUSPICIOUS_S + _REQUEST_S * len({id(one.exchange) for one in sent})
            if self._cpu.seconds() - before > usual:
                slow = [one.point for one in sent if one.exchange.elapsed_s > _SUSPICIOUS_S]
                yield from ((point, length) for point in slow)

    def _sent(
        self, operation: Operation, texts: Sequence[tuple[Parameter, LongText]]
    ) -> Iterator[Sent[LongText]]:
        """What validation refuses goes alone, so that it stops nothing else; the rest together."""
        strict = self._strict.setdefault(operation.id, set())
        yield from self._volley.each(operation, [one for one in texts if one[0].name in strict])
        for sent in self._volley(operation, [one for one in texts if one[0].name not in strict]):
            if sent.exchange.status >= 400:
                strict.add(sent.point.name)
            yield sent

    def _proof(
        self, operation: Operation, point: Parameter, shape: str, length: int
    ) -> SinkResult | None:
        """The work at growing lengths, if it grows too steeply and becomes too much."""
        _, usual = self._measured(operation, point, _long(point, shape, 2))
        lengths = [size for size in _growing(length) if _fits(point, size)]
        times: list[float] = []
        for size in lengths:
            exchange, seconds = self._measured(operation, point, _long(point, shape, size))
            times.append(seconds)
            if seconds > _PROVEN_S:
                return _found(operation, point, exchange, lengths, times)
            if len(times) > 1 and seconds < max(3 * usual, _SUSPICIOUS_S, 2 * times[-2]):
                return None
        return None

    def _measured(
        self, operation: Operation, point: Parameter, text: LongText
    ) -> tuple[Exchange, float]:
        before = self._cpu.seconds()
        (sent,) = self._volley.each(operation, [(point, text)])
        return sent.exchange, self._cpu.seconds() - before


def _found(
    operation: Operation,
    point: Parameter,
    exchange: Exchange,
    lengths: Sequence[int],
    times: Sequence[float],
) -> SinkResult | None:
    """A proof if each of the last two steps multiplied the work, as no sound program does."""
    steps = [later / max(earlier, 1e-3) for earlier, later in itertools.pairwise(times)]
    steeper = _STEEPER if lengths[0] > 100 else _STEEPER_SHORT
    if len(steps) < 2 or min(steps[-2:]) < steeper:
        return None
    shown = ", ".join(
        f"{size} characters {seconds:.2f} s"
        for size, seconds in list(zip(lengths, times, strict=False))[-3:]
    )
    return SinkResult(
        operation=operation,
        point=point,
        reached=True,
        proof=f"CPU time of the target grows much faster than the input: {shown}",
        severity=Severity.HIGH,
        exchange=exchange,
    )


def _takes_long_text(point: Parameter) -> bool:
    if point.location in {"content", "header", "cookie", "multipart", "jwt"}:
        return False
    return takes_text(point) and _fits(point, _LENGTHS[0])


def _fits(point: Parameter, length: int) -> bool:
    return length < int(flattened(point.schema).get("maxLength", _LONGEST))


def _growing(length: int) -> list[int]:
    """Lengths around one at which work was conspicuous: exponential work doubles with each
    character, other work with the length.
    """
    if length < 100:
        return [length + 2 * step for step in range(-1, 11)]
    return [length * 2**step // 2 for step in range(7)]


def _long(point: Parameter, shape: str, length: int) -> LongText:
    """The part again and again, no longer than the place takes, and an end."""
    part, pattern = _SHAPES[shape], str(flattened(point.schema).get("pattern", ""))
    end = next((end for end in _ENDS if _lets_through(pattern, part * 3 + end)), _ENDS[0])
    return LongText(text=(part * length)[:length] + end)


def _lets_through(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:  # another dialect than Python's
        return True
