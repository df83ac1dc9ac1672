"""A webhook's delivery goes on to where the receiver's redirect says."""

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
OPERATION = "webhooks_create"


def plant() -> None:
    """Receivers move, too."""

    async def lead(_send: Send, _asked: str, where: str) -> Answer | None:
        return await asyncio.to_thread(asked, "POST", where)

    led_by(lead, method="POST")
