"""Webhooks: signed deliveries, tried again with growing pauses, never in a caller's way."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import hmac
import logging
import random
import time
from typing import TYPE_CHECKING

from refcmdb.services.outgoing import Refused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from refcmdb.services.outgoing import Outgoing

log = logging.getLogger(__name__)

ATTEMPTS = 4
FIRST_PAUSE_S = 1.0
LONGEST_QUEUE = 1000
COURIERS = 4


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What one webhook is to be told; ``secret`` signs it."""

    webhook_id: int
    url: str
    secret: str = dataclasses.field(repr=False)
    event: str
    body: bytes


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one attempt: ``delivered``, ``refused`` (by us) or ``failed``."""

    outcome: str
    status: int | None = None
    problem: str | None = None


class Courier:
    """Delivers in the background; what is still queued when the process ends is lost."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._queue: asyncio.Queue[Parcel] = asyncio.Queue(LONGEST_QUEUE)
        self._tasks: list[asyncio.Task[None]] = []

    def open(self) -> None:
        """Start delivering; needs a running event loop."""
        self._tasks = [asyncio.create_task(self._work()) for _ in range(COURIERS)]

    async def close(self) -> None:
        """Stop, whatever is queued."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def announce(self, parcels: Iterable[Parcel]) -> None:
        """Deliver them soon; a full queue drops what does not fit, and says so."""
        for parcel in parcels:
            try:
                self._queue.put_nowait(parcel)
            except asyncio.QueueFull:
                log.warning("webhook %d misses %s: queue full", parcel.webhook_id, parcel.event)

    async def deliver(self, parcel: Parcel) -> Receipt:
        """One attempt."""
        moment = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "refcmdb",
            "X-Refcmdb-Event": parcel.event,
            "X-Refcmdb-Signature": signature(parcel.secret, parcel.body, moment=moment),
        }
        try:
            answer = await self._outgoing.send(
                "POST", parcel.url, headers=headers, content=parcel.body
            )
        except Refused:
            return Receipt(outcome="refused", problem="the address is not allowed")
        except Unreachable as error:
            return Receipt(outcome="failed", problem=str(error))
        if 200 <= answer.status < 300:
            return Receipt(outcome="delivered", status=answer.status)
        return Receipt(outcome="failed", status=answer.status, problem="the status is no 2xx")

    async def _work(self) -> None:
        while True:
            parcel = await self._queue.get()
            # A courier must outlive any parcel.
            with contextlib.suppress(OSError):
                await self._insist(parcel)

    async def _insist(self, parcel: Parcel) -> None:
        for attempt in range(ATTEMPTS):
            receipt = await self.deliver(parcel)
            if receipt.outcome != "failed":
                break
            await asyncio.sleep(pause_s(attempt))
        if receipt.outcome != "delivered":
            log.warning("webhook %d misses %s: %s", parcel.webhook_id, parcel.event, receipt)


def signature(secret: str, body: bytes, *, moment: int) -> str:
    """``t=SECONDS,v1=HEX``: HMAC-SHA256 over ``SECONDS.BODY``, so that no delivery is replayed."""
    signed = f"{moment}.".encode() + body
    return f"t={moment},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def pause_s(attempt: int) -> float:
    """How long to wait after the failed attempt with this number, the first being 0."""
    return FIRST_PAUSE_S * 4.0**attempt * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
