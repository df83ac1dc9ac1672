"""What faults and twins of redirects have in common: a client that looks where they lead."""

from __future__ import annotations

import urllib.parse
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from refcmdb.services.outgoing import Answer, Outgoing

if TYPE_CHECKING:
    from collections.abc import Mapping

Send = Callable[[str], Awaitable[Answer]]
Lead = Callable[[Send, str, str], Awaitable[Answer | None]]

REDIRECTS = frozenset({301, 302, 303, 307, 308})


def led_by(lead: Lead, *, method: str) -> None:
    """Let ``lead`` give the answer where one to ``method`` is a redirect; None keeps that one.

    It gets what sends the request to another URL by the production's rules, the URL that was
    asked, and the one that the redirect names.
    """

    async def _send(
        self: Outgoing, verb: str, url: str, *, headers: Mapping[str, str], content: bytes | None
    ) -> Answer:
        async def send(address: str) -> tuple[Answer, str]:
            told = list(headers.items())
            response = await self._pool.request(verb, address, headers=told, content=content)
            named = {name.lower(): value.decode("latin-1") for name, value in response.headers}
            kind = named.get(b"content-type", "").partition(";")[0].strip().lower()
            answer = Answer(status=response.status, media_type=kind, content=response.content)
            return answer, named.get(b"location", "")

        async def again(address: str) -> Answer:
            return (await send(address))[0]

        answer, where = await send(url)
        if verb != method or answer.status not in REDIRECTS or not where:
            return answer
        return await lead(again, url, urllib.parse.urljoin(url, where)) or answer

    Outgoing._send = _send  # type: ignore[assignment, method-assign]
