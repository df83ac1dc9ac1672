"""Guessing passwords: whether a target stops it, and what its answers give away."""

from __future__ import annotations

import dataclasses
import http.client
import json
import re
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.campaigns.login import LogIn
    from pytest_cmdbguard.model import Actor, Exchange

GUESSES = 25  # ASVS 5.0 6.3.1 and 4.0.3 2.2.1: far below 100 an hour
AT_ONCE = 40
SLOW_S = 1.0  # an answer that takes this long slows guessing down enough
SERIES = 12
APART = 1.5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """Wrong guesses and the right one after them.

    ``first`` and ``last`` are the answers to the first wrong one and to the right one;
    ``accepted`` is true when that was let in at once, as if nothing had been.
    """

    wrong: int
    accepted: bool
    first: Exchange
    last: Exchange


def one_by_one(log_in: LogIn, victim: Actor) -> Guesses:
    """Guess again and again, each time from what pretends to be another address."""
    first = log_in.attempt(victim.name, _wrong()).exchange
    sent = 1
    while sent < GUESSES:
        sent += 1
        if log_in.attempt(victim.name, _wrong(), headers=_from(sent)).exchange.elapsed_s > SLOW_S:
            break
    last = log_in.attempt(victim.name, victim.password, headers=_from(0))
    accepted = bool(last.headers) and last.exchange.elapsed_s < SLOW_S
    return Guesses(wrong=sent, accepted=accepted, first=first, last=last.exchange)


def all_at_once(log_in: LogIn, victim: Actor, base_url: str, guesses: Guesses) -> int | None:
    """How many of :data:`AT_ONCE` wrong passwords are looked at, all sent before the first answer.

    A limit that counts after it has looked at the password does not see them coming. None where
    that cannot be told: what is refused unseen (``guesses.last``) looks like what is wrong, or
    the log-in takes no JSON over HTTP.
    """
    address = urlsplit(base_url)
    alike = guesses.first.status == guesses.last.status
    if guesses.last.status < 400 or alike or address.scheme != "http":
        return None
    bodies = [_body(log_in, victim.name, _wrong()) for _ in range(AT_ONCE)]
    path = urlsplit(guesses.first.url).path
    connections = [http.client.HTTPConnection(str(address.netloc), timeout=30) for _ in bodies]
    try:
        for connection in connections:
            connection.connect()
        for connection, body in zip(connections, bodies, strict=True):
            connection.request("POST", path, body, {"Content-Type": "application/json"})
        statuses = [connection.getresponse().status for connection in connections]
    finally:
        for connection in connections:
            connection.close()
    return statuses.count(guesses.first.status)


def _body(log_in: LogIn, username: str, password: str) -> bytes:
    values = log_in.values(username, password)
    fields = {n.lstrip("/"): v for (place, n), v in values.items() if place == "body"}
    return json.dumps(fields).encode()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What tells a user who exists from one who does not; ``kind`` is ``answer`` or ``time``."""

    kind: str
    words: str
    exchange: Exchange


def differences(log_in: LogIn, victims: Sequence[Actor]) -> list[Difference]:
    """What can be told apart in every one of the series; one victim, one series."""
    found = [{d.kind: d for d in _compared(log_in, victim)} for victim in victims]
    return [found[0][kind] for kind in found[0] if all(kind in series for series in found)]


def _compared(log_in: LogIn, victim: Actor) -> Iterator[Difference]:
    nobody = _absent(victim.name)
    pairs = [
        (log_in.attempt(victim.name, _wrong()).exchange, log_in.attempt(nobody, _wrong()).exchange)
        for _ in range(SERIES)
    ]
    for number, (known, unknown) in enumerate(pairs, 1):
        ours, theirs = _shape(known, victim.name), _shape(unknown, nobody)
        if ours != theirs:
            words = f"attempt {number}: a user who exists gets {ours}, one who does not {theirs}"
            yield Difference(kind="answer", words=words, exchange=known)
            return
    yield from _timed(pairs)


def _timed(pairs: Sequence[tuple[Exchange, Exchange]]) -> Iterator[Difference]:
    """A difference only where every single answer of one side is slower than all of the other."""
    same = [pair for pair in pairs if pair[0].status == pairs[0][0].status][1:]
    known, unknown = ([side.elapsed_s for side in sides] for sides in zip(*same, strict=True))
    for slow, fast, who in ((known, unknown, "exists"), (unknown, known, "does not exist")):
        if len(same) >= 6 and min(slow) > APART * max(fast):
            words = (
                f"all {len(same)} answers about a user who {who} took {1000 * min(slow):.1f} ms "
                f"or more, all about the other at most {1000 * max(fast):.1f} ms"
            )
            yield Difference(kind="time", words=words, exchange=same[0][0])


def _shape(exchange: Exchange, name: str) -> str:
    """An answer without what is different every time: the name, numbers, ids, times."""
    text = exchange.body.decode("utf-8", "replace").replace(name, "NAME")
    text = re.sub(r"[0-9a-fA-F-]{8,}|[0-9]+", "#", text)
    cookies = "with a cookie " if "set-cookie" in exchange.headers else ""
    return f"HTTP {exchange.status} {cookies}{text[:200]!r}"


def _absent(name: str) -> str:
    """A name of the same length that nobody has."""
    return secrets.token_hex(len(name))[: len(name)]


def _wrong() -> str:
    return "wrong-" + secrets.token_hex(9)


def _from(number: int) -> dict[str, str]:
    return {"X-Forwarded-For": f"198.51.100.{number % 250 + 1}"}
