"""One actor asks as fast as it can: is it stopped in time, at no cost, and alone?"""

from __future__ import annotations

import dataclasses
import http.client
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from pytest_cmdbguard.model import Actor
    from pytest_cmdbguard.witnesses.sql import SqlWitness

REFUSED = 429
AFTERWARDS, OTHERS = 100, 10


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """What became of it.

    ``served`` counts the answers before the first 429 in ``seconds``; ``limited`` is false when
    none came, and nothing is known of the rest. ``retry_after`` is that header of the 429;
    ``refused`` counts those of :data:`AFTERWARDS` more requests that were refused, and
    ``statements`` what PostgreSQL did for these; ``others_refused`` counts those of
    :data:`OTHERS` requests of another actor meanwhile.
    """

    served: int
    seconds: float
    limited: bool
    retry_after: str = ""
    refused: int = 0
    statements: int = 0
    others_refused: int = 0


class Hose:
    """Sends the same request of one actor again and again on one connection."""

    def __init__(self, base_url: str, path: str) -> None:
        self._address, self._path = urlsplit(base_url).netloc, path

    def pour(self, actor: Actor, *, most: int) -> Generator[http.client.HTTPResponse]:
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
    began, served, retry_after = time.monotonic(), 0, None
    before = sql.totals()
    for response in hose.pour(actors[0], most=most):
        if response.status == REFUSED:
            retry_after = response.headers.get("Retry-After", "")
            break
        served += 1
    seconds = time.monotonic() - began
    if retry_after is None:
        return Flood(served=served, seconds=seconds, limited=False)
    middle = sql.totals()
    refused, others = _more(hose, actors)
    usual = (middle - before).calls / max(served, 1)
    worked = (sql.totals() - middle).calls - usual * (AFTERWARDS + OTHERS - refused)
    return Flood(
        served=served,
        seconds=seconds,
        limited=True,
        retry_after=retry_after,
        refused=refused,
        statements=round(worked),
        others_refused=others,
    )


def _more(hose: Hose, actors: tuple[Actor, Actor]) -> tuple[int, int]:
    """How many of one's further requests are refused, and how many of another's in between."""
    refused = others = 0
    every = AFTERWARDS // OTHERS
    calm = hose.pour(actors[1], most=OTHERS)
    for number, response in enumerate(hose.pour(actors[0], most=AFTERWARDS)):
        refused += response.status == REFUSED
        if number % every == 0:
            others += next(calm).status == REFUSED
    calm.close()
    return refused, others


def _from(number: int) -> Mapping[str, str]:
    return {"X-Forwarded-For": f"203.0.113.{number % 250 + 1}"}
