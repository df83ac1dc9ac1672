"""One actor asks as fast as it can: is it stopped in time, at no cost, and alone?"""

from __future__ import annotations

import dataclasses
import http.client
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_cmdbguard.model import Actor
    from pytest_cmdbguard.witnesses.sql import SqlWitness

REFUSED = 429
AFTERWARDS = 100
# Statements that others (monitoring, a session that ends) may send meanwhile.
UNRELATED = 10


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """What became of it.

    ``served`` counts the answers before the first 429 in ``seconds``; ``limited`` is false when
    none came. Then nothing is known of the rest: ``retry_after`` is that header of the 429,
    ``statements`` counts what PostgreSQL did for :data:`AFTERWARDS` more requests, ``other`` is
    the status that another actor got meanwhile.
    """

    served: int
    seconds: float
    limited: bool
    retry_after: str = ""
    statements: int = 0
    other: int = 0


class Hose:
    """Sends the same request of one actor again and again on one connection."""

    def __init__(self, base_url: str, path: str) -> None:
        self._address, self._path = urlsplit(base_url).netloc, path

    def pour(self, actor: Actor, *, most: int) -> Iterator[http.client.HTTPResponse]:
        """The answers, read to their end; each request claims to come from elsewhere."""
        connection = http.client.HTTPConnection(self._address, timeout=30)
        try:
            for number in range(most):
                headers = {**actor.headers, **_from(number)}
                connection.request("GET", self._path, headers=headers)
                response = connection.getresponse()
                response.read()
                yield response
        finally:
            connection.close()


def flood(hose: Hose, actors: tuple[Actor, Actor], sql: SqlWitness, *, most: int) -> Flood:
    """Ask until refused, at most ``most`` times, then see what refusing costs and whom it hits."""
    one, other = actors
    began, served = time.monotonic(), 0
    for response in hose.pour(one, most=most):
        if response.status == REFUSED:
            break
        served += 1
    seconds = time.monotonic() - began
    if served == most:
        return Flood(served=served, seconds=seconds, limited=False)
    before = sql.totals()
    refused = sum(r.status == REFUSED for r in hose.pour(one, most=AFTERWARDS))
    worked = (sql.totals() - before).calls
    status = next(hose.pour(other, most=1)).status
    return Flood(
        served=served,
        seconds=seconds,
        limited=True,
        retry_after=response.headers.get("Retry-After", ""),
        statements=worked if refused > AFTERWARDS // 2 else 0,
        other=status,
    )


def _from(number: int) -> Mapping[str, str]:
    return {"X-Forwarded-For": f"203.0.113.{number % 250 + 1}"}
