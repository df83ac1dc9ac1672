"""Compressed answers, by what the caller accepts, and never where that tells a secret.

An answer that holds a secret and something that a caller chose must not be compressed: its length
tells how much the two have in common (BREACH, CVE-2013-3587). Who puts a secret into an answer (a
token, a page with its CSRF token, a revealed credential) says ``Cache-Control: no-transform`` with
it (RFC 9111 §5.2.2.6), which we and every proxy in front obey. Answers that set a cookie stay as
they are, too.

Each coding of an answer is a representation with a strong ETag of its own (RFC 9110 §8.8.3.3): the
tag ends in the coding's name, and what comes back with a request is compared without it.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from refcmdb.middleware.compression import codings
from refcmdb.middleware.compression.negotiation import IDENTITY, chosen
from refcmdb.middleware.compression.settings import LEVELS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from refcmdb.middleware.compression.settings import Compression
    from refcmdb.monitoring.figures import RequestFigures

# What an answer with a secret says; nobody may keep it either.
SECRET = {"Cache-Control": "no-store, no-transform"}
NOT_MODIFIED = 304
BODILESS = frozenset({204, 206, NOT_MODIFIED})  # of 206 the receiver puts parts together
LARGE_BYTES = 256 * 1024  # compressed in a thread, so that nobody waits
CODING = re.compile(b'-(?:%b)"' % b"|".join(map(str.encode, LEVELS)))
CONDITIONS = frozenset({b"if-match", b"if-none-match"})
VARY = (b"vary", b"Accept-Encoding")


class CompressionMiddleware:
    """Pure ASGI: compresses what is large enough and of the right type; keeps count."""

    def __init__(self, app: ASGIApp, *, settings: Compression, figures: RequestFigures) -> None:
        self.app, self._settings, self._figures = app, settings, figures
        self._offered = tuple(settings.levels)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer in the coding that was chosen."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        accepted = b",".join(v for name, v in scope["headers"] if name == b"accept-encoding")
        coding = chosen(accepted.decode("latin-1"), self._offered)
        if scope["method"] == "HEAD":
            coding = IDENTITY
        answer = _Answer(coding, self._settings, self._figures, send)
        answer.known = b",".join(v for name, v in scope["headers"] if name == b"if-none-match")
        scope["headers"] = [
            (name, CODING.sub(b'"', value) if name in CONDITIONS else value)
            for name, value in scope["headers"]
        ]
        await self.app(scope, receive, answer.send)


class _Answer:
    """One answer on its way out; its start waits for what the first part of the body decides."""

    def __init__(
        self, coding: str, settings: Compression, figures: RequestFigures, send: Send
    ) -> None:
        self._coding, self._settings, self._figures = coding, settings, figures
        self._send = send
        self._start: Message | None = None
        self._stream: codings.Stream | None = None
        self._before = self._after = 0
        self.known = b""  # the tags that the caller has

    async def send(self, message: Message) -> None:
        """See ASGI."""
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif message["type"] != "http.response.body":
            await self._send(message)
        elif self._stream is not None:
            await self._send(self._part(self._stream, message))
        elif self._start is not None:
            await self._first(self._start, message)
        else:
            await self._send(message)

    async def _begin(self, message: Message) -> None:
        headers = {name.lower(): value for name, value in message["headers"]}
        if not self._may_change(headers, message["status"]):
            await self._send(message)
            return
        message["headers"] = [*message["headers"], VARY]
        if message["status"] == NOT_MODIFIED:
            message["headers"] = [(name, self._told(name, v)) for name, v in message["headers"]]
        if self._coding == IDENTITY or message["status"] in BODILESS:
            await self._send(message)
        else:
            self._start = message

    def _may_change(self, headers: dict[bytes, bytes], status: int) -> bool:
        media_type = headers.get(b"content-type", b"").partition(b";")[0].decode("latin-1")
        return (
            (status == NOT_MODIFIED or media_type in self._settings.media_types)
            and b"content-encoding" not in headers
            and b"set-cookie" not in headers
            and b"no-transform" not in headers.get(b"cache-control", b"")
        )

    async def _first(self, start: Message, message: Message) -> None:
        """The first part of a body, which is often all of it."""
        self._start, body = None, message.get("body", b"")
        if message.get("more_body", False):
            self._stream = codings.STREAMS[self._coding](self._settings.levels[self._coding])
            await self._send(self._changed(start, length=None))
            await self._send(self._part(self._stream, message))
            return
        if len(body) < self._settings.smallest_bytes:
            await self._send(start)
            await self._send(message)
            return
        smaller = await self._compressed(body)
        self._figures.compress(self._coding, len(body), len(smaller))
        await self._send(self._changed(start, length=len(smaller)))
        await self._send({**message, "body": smaller})

    async def _compressed(self, body: bytes) -> bytes:
        level = self._settings.levels[self._coding]
        if len(body) < LARGE_BYTES:
            return codings.compressed(self._coding, level, body)
        return await asyncio.to_thread(codings.compressed, self._coding, level, body)

    def _told(self, name: bytes, value: bytes) -> bytes:
        """The tag of the coding that the caller has, if that is why nothing is sent."""
        coded = _coded(value, self._coding)
        return coded if _is_strong_tag(name, value) and coded in self.known else value

    def _part(self, stream: codings.Stream, message: Message) -> Message:
        body = message.get("body", b"")
        smaller = stream.add(body) if body else b""
        if not message.get("more_body", False):
            smaller += stream.end()
        self._before += len(body)
        self._after += len(smaller)
        if not message.get("more_body", False):
            self._figures.compress(self._coding, self._before, self._after)
        return {**message, "body": smaller}

    def _changed(self, start: Message, *, length: int | None) -> Message:
        """The start of the answer in its new coding, with the ETag of that."""
        headers = [
            (name, _coded(value, self._coding) if _is_strong_tag(name, value) else value)
            for name, value in start["headers"]
            if name.lower() != b"content-length"
        ]
        headers.append((b"content-encoding", self._coding.encode()))
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        return {**start, "headers": headers}


def _coded(tag: bytes, coding: str) -> bytes:
    return tag.removesuffix(b'"') + f'-{coding}"'.encode()


def _is_strong_tag(name: bytes, value: bytes) -> bool:
    return name.lower() == b"etag" and not value.startswith(b"W/")
