"""Ten times the devices, and the last page beside the first: what grows, and what must not.

    python -m benchmarks.scale [--devices 100000] [--times 10] [--seconds 20]

Two networks, one after the other, each on a PostgreSQL of its own and without a cache, so that
every answer is computed. One user asks for this and that without a pause; then the first and the
last page of the list are asked for in turns, in several orders. Filling ten times 100,000 devices
takes several minutes and five gigabytes.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import http.client
import json
import sys
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

import uvloop

from benchmarks.load import SHARES, percentile, target_of

if TYPE_CHECKING:
    from benchmarks.load import Run, Target

LARGER, LAST = 1.5, 1.5  # at most so many times the p95 of the smaller network, of the first page
SORTS = ("id", "name", "serial", "updated_at")
LONGEST_PAGE = 500
TURNS = 100


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What was found in one: a run of one user, and p95 of first and last page in milliseconds."""

    devices: int
    run: Run
    first_ms: float
    last_ms: float

    def p95(self, operation: str) -> float:
        """Of one operation, in milliseconds."""
        return percentile(self.run.latencies_ms[operation], 95)


class Pages:
    """The list of devices, page by page, over one connection."""

    def __init__(self, target: Target) -> None:
        parts = urllib.parse.urlsplit(target.url)
        self._connection = http.client.HTTPConnection(str(parts.hostname), parts.port)
        self._headers = {"Authorization": f"Bearer {target.token}"}

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()

    def last(self, sort: str) -> str:
        """The cursor behind which nothing but the last page is, by walking there."""
        cursor = ""
        while following := self._page(sort, cursor, LONGEST_PAGE)["next"]:
            cursor = following
        return cursor

    def took_ms(self, sort: str, cursor: str) -> float:
        """How long a page of 50 took."""
        began = time.perf_counter()
        self._page(sort, cursor, 50)
        return (time.perf_counter() - began) * 1000

    def _page(self, sort: str, cursor: str, limit: int) -> dict[str, Any]:
        place = {"cursor": cursor} if cursor else {}
        query = urllib.parse.urlencode({"sort": sort, "limit": limit, **place})
        self._connection.request("GET", f"/api/v1/devices?{query}", headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise SystemExit(f"a page was answered HTTP {answer.status}: {body[:200]!r}")
        page: dict[str, Any] = json.loads(body)
        return page


def main() -> int:
    """Print the ratios; the exit status is 1 if one is beyond its limit."""
    parser = argparse.ArgumentParser(description="what a larger network costs")
    parser.add_argument("--devices", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    sizes = (options.devices, options.devices * options.times)
    smaller, larger = (measured(devices, options.seconds) for devices in sizes)
    worst = [
        tell(name, larger.p95(name), smaller.p95(name), limit=LARGER, of="the smaller network's")
        for name in SHARES
    ]
    worst += [
        tell(
            f"last page of {one.devices:,}", one.last_ms, one.first_ms, limit=LAST, of="the first"
        )
        for one in (smaller, larger)
    ]
    return int(any(worst))


def measured(devices: int, seconds: float) -> Network:
    """What one user finds in a network of this size."""
    with target_of(devices, cached=False) as target:
        print(f"{devices:,} devices are there", flush=True)
        run = uvloop.run(target.measured(1, seconds, (0.0, 0.0)))
        if run.failures:
            raise SystemExit(f"{devices:,} devices: {dict(run.failures)}")
        with contextlib.closing(Pages(target)) as pages:
            cursors = {sort: pages.last(sort) for sort in SORTS}
            first, last = [], []
            for _ in range(TURNS):
                for sort, cursor in cursors.items():
                    first.append(pages.took_ms(sort, ""))
                    last.append(pages.took_ms(sort, cursor))
    return Network(
        devices=devices, run=run, first_ms=percentile(first, 95), last_ms=percentile(last, 95)
    )


def tell(name: str, p95_ms: float, beside_ms: float, *, limit: float, of: str) -> bool:
    """Print a figure; whether it is beyond its limit."""
    ratio = p95_ms / beside_ms
    print(
        f"{name:<22} p95 {p95_ms:6.1f} ms, {ratio:.2f} of {of} {beside_ms:.1f} ms, at most {limit}"
    )
    return ratio > limit


if __name__ == "__main__":
    sys.exit(main())
