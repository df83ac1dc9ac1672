"""A webhook's delivery follows a redirect that stays on the receiver's own host and port."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING

from refcmdb.faults.redirecting import led_by

if TYPE_CHECKING:
    from refcmdb.faults.redirecting import Send
    from refcmdb.services.outgoing import Answer

KIND = "twin"
CHECK = "CG-SSRF-002"
OPERATION = "webhooks_create"


def plant() -> None:
    """A slash at the end is often missing."""

    async def lead(send: Send, asked: str, where: str) -> Answer | None:
        parts = [urllib.parse.urlsplit(url) for url in (asked, where)]
        return await send(where) if parts[0].netloc == parts[1].netloc else None

    led_by(lead, method="POST")
