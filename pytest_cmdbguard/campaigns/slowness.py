"""Does a longer input make far more work (expressions that backtrack, loops in loops)?

Judged by the CPU time of the target's processes, never by the clock: a machine that is busy with
other things does not change it.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from pytest_cmdbguard.campaigns.cast import ends_the_session
from pytest_cmdbguard.campaigns.sinks import SinkResult
from pytest_cmdbguard.model import Severity
from pytest_cmdbguard.probes.long_texts import (
    SHAPES,
    fits,
    long_text,
    takes_long_text,
)
from pytest_cmdbguard.probes.points import injection_points

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_cmdbguard.campaigns.volley import Sent, Volley
    from pytest_cmdbguard.model import Exchange, Operation, Parameter
    from pytest_cmdbguard.probes.payloads import TextProbe
    from pytest_cmdbguard.witnesses.cpu import CpuWitness

# Exponential work shows at the short ones before it takes for ever, then cubic, then quadratic.
_LENGTHS = (16, 20, 400, 5000)
_QUICK = {"letters": (20, 400, 5000), "blanks": (400, 5000)}
_SUSPICIOUS_S = 0.025
_PROVEN_S = 0.5
_STEEPER_SHORT = 2.0  # two more characters are a tenth more work of a sound program
_STEEPER = 3.0  # twice as long is twice the work of a sound program, and no more


class SlowInput:
    """Looks for places where work grows faster than input.

    Args:
        volley: sends directly, not through a proxy.
        cpu: of the target.
        profile: ``quick`` or ``full``.
    """

    def __init__(self, volley: Volley, cpu: CpuWitness, *, profile: str) -> None:
        self._volley, self._cpu = volley, cpu
        self._usual: dict[str, Mapping[str, float]] = {}
        self._lengths = dict.fromkeys(SHAPES, _LENGTHS) if profile == "full" else _QUICK

    def __call__(self, operation: Operation) -> Iterator[SinkResult]:
        """One result per place that takes long texts."""
        points = [point for point in injection_points(operation) if takes_long_text(point)]
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
                (point, long_text(point, shape, length)) for point in points if fits(point, length)
            ]
            usual = self._usually(operation, points)
            for sent, seconds in self._worked(operation, texts):
                if seconds > max(_SUSPICIOUS_S, 2 * usual[sent.point.name]):
                    yield sent.point, length

    def _usually(self, operation: Operation, points: Sequence[Parameter]) -> Mapping[str, float]:
        """What short texts cost, by place: some targets think for a while about every request."""
        if operation.id not in self._usual:
            texts = [(point, long_text(point, "letters", 2)) for point in points]
            worked = self._worked(operation, texts)
            self._usual[operation.id] = {sent.point.name: seconds for sent, seconds in worked}
        return self._usual[operation.id]

    def _worked(
        self, operation: Operation, texts: Sequence[tuple[Parameter, TextProbe]]
    ) -> list[tuple[Sent[TextProbe], float]]:
        """What was sent, each with the CPU time of its request."""
        before = self._cpu.seconds()
        found: list[tuple[Sent[TextProbe], float]] = []
        for sent in self._volley(operation, texts):
            if not found or found[-1][0].exchange is not sent.exchange:
                now = self._cpu.seconds()
                seconds, before = now - before, now
            found.append((sent, seconds))
        return found

    def _proof(
        self, operation: Operation, point: Parameter, shape: str, length: int
    ) -> SinkResult | None:
        """The work at growing lengths, if it grows too steeply and becomes too much."""
        _, usual = self._measured(operation, point, long_text(point, shape, 2))
        lengths = [size for size in _growing(length) if fits(point, size)]
        times: list[float] = []
        for size in lengths:
            exchange, seconds = self._measured(operation, point, long_text(point, shape, size))
            times.append(seconds)
            if seconds > _PROVEN_S:
                return _found(operation, point, exchange, lengths, times)
            if len(times) > 1 and seconds < max(3 * usual, _SUSPICIOUS_S, 2 * times[-2]):
                return None
        return None

    def _measured(
        self, operation: Operation, point: Parameter, text: TextProbe
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


def _growing(length: int) -> list[int]:
    """Lengths around one at which work was conspicuous: exponential work doubles with each
    character, other work with the length.
    """
    if length < 100:
        return [length + 2 * step for step in range(-1, 11)]
    return [length * 2**step // 2 for step in range(7)]
