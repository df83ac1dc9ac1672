"""A file is fetched from where a redirect says, if that address may be asked as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.redirecting import led_by

if TYPE_CHECKING:
    from refcmdb.faults.redirecting import Send
    from refcmdb.services.outgoing import Answer

KIND = "twin"
CHECK = "CG-SSRF-002"
OPERATION = "attachments_fetch"


def plant() -> None:
    """By the client that judges every connection."""

    async def lead(send: Send, _asked: str, where: str) -> Answer | None:
        return await send(where)

    led_by(lead, method="GET")
