"""A file is fetched from where a redirect says; only the first address is judged."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from refcmdb.faults.asking import asked
from refcmdb.faults.redirecting import led_by

if TYPE_CHECKING:
    from refcmdb.faults.redirecting import Send
    from refcmdb.services.outgoing import Answer

KIND = "fault"
CHECK = "CG-SSRF-002"
OPERATION = "attachments_fetch"


def plant() -> None:
    """Data sheets move."""

    async def lead(_send: Send, _asked: str, where: str) -> Answer | None:
        return await asyncio.to_thread(asked, "GET", where)

    led_by(lead, method="GET")
