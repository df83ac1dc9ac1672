"""Input that Redis takes for more than one value: commands, arguments, patterns, scripts."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pytest_cmdbguard.probes.payloads import TextProbe, fresh_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_cmdbguard.campaigns.reach_map import ReachMap
    from pytest_cmdbguard.campaigns.volley import Sent, Volley
    from pytest_cmdbguard.model import Exchange, Operation, Parameter
    from pytest_cmdbguard.witnesses.redis_monitor import Command, RedisMonitor

_PATTERNED = {"KEYS", "SCAN", "SSCAN", "HSCAN", "ZSCAN", "PSUBSCRIBE", "SORT"}
_SCRIPTED = {"EVAL", "EVAL_RO", "FUNCTION", "SCRIPT"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A place whose text Redis received; ``proof`` is empty while it stays one value."""

    point: Parameter
    proof: str = ""
    exchange: Exchange | None = None


class RedisInjection:
    """Where Redis hears a harmless text, sends one that would break out.

    Args:
        volley: sends probes.
        monitor: what Redis receives.
        reach_map: which harmless texts Redis heard.
    """

    def __init__(self, volley: Volley, monitor: RedisMonitor, *, reach_map: ReachMap) -> None:
        self._volley, self._monitor, self._reach_map = volley, monitor, reach_map

    def __call__(self, operation: Operation) -> tuple[bool, tuple[Reached, ...]]:
        """Whether Redis was sent anything at all, and the places whose text it received."""
        reached = self._reach_map(operation).values()
        met = [place.point for place in reached if "redis" in place.sinks]
        found = [self._break_out(operation, point) for point in met]
        return self._reach_map.asks_redis(operation), tuple(found)

    def _break_out(self, operation: Operation, point: Parameter) -> Reached:
        for make in (_words, _lines, _glob):
            probe = make()
            with self._monitor.listening() as heard:
                sent: Sequence[Sent[TextProbe]] = list(
                    self._volley.each(operation, [(point, probe)])
                )
            if proof := _judged(heard, probe):
                return Reached(point=point, proof=proof, exchange=sent[0].exchange)
        return Reached(point=point)


def _probe(text: Callable[[str, str], str]) -> TextProbe:
    first, second = fresh_token(), fresh_token()
    return TextProbe(text=text(first, second), tokens=(first, second))


def _words() -> TextProbe:
    return _probe(lambda first, second: f"{first} {second}")


def _lines() -> TextProbe:
    return _probe(lambda first, second: f"{first}\r\nECHO {second}\r\n")


def _glob() -> TextProbe:
    return _probe(lambda first, second: f"{first}*{second}")


def _judged(heard: Sequence[Command], probe: TextProbe) -> str:
    """What shows that a text was taken for more than a value; empty if nothing does."""
    return next((proof for command in heard for proof in _proofs(command, probe)), "")


def _proofs(command: Command, probe: TextProbe) -> Iterator[str]:
    first, second = probe.tokens
    arguments = [argument.lower() for argument in command.arguments]
    if arguments[0] == "echo" and second in arguments[1:]:
        yield f"Redis ran a command of the input: {command}"
    apart = [n for n, text in enumerate(arguments) if (first in text) != (second in text)]
    has_both = any(first in text for text in arguments) and any(second in t for t in arguments)
    if has_both and len(apart) > 1 and not any(first in t and second in t for t in arguments):
        yield f"Redis took the input for several arguments: {command}"
    if command.name in _PATTERNED and any(f"{first}*{second}" in text for text in arguments[1:]):
        yield f"Redis took the input for a pattern: {command}"
    if command.name in _SCRIPTED and any(first in text for text in arguments[1:2]):
        yield f"Redis ran the input as a script: {command}"
