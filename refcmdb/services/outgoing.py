"""Requests that this server sends itself, only to addresses that it may reach.

A name is resolved once, every address of it is judged, and the connection goes to the address
that was judged. Redirects are not followed.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import ipaddress
import socket
from typing import TYPE_CHECKING

import httpcore

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from refcmdb.services.addresses import Egress, IpAddress

# What httpcore hands on to the socket; its own names for them are not public.
SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)

TIMEOUT_S = 3.0
LARGEST_ANSWER_BYTES = 2 * 1024 * 1024


class Refused(Exception):
    """The address is none that requests may go to."""


class Unreachable(Exception):
    """No answer, or none that can be used."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; ``media_type`` is empty where the answer named none."""

    status: int
    media_type: str
    content: bytes


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections to addresses that ``egress`` allows, and to no others."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to an allowed address of ``host``. Raises: Refused, Unreachable."""
        address = await allowed_address(self._egress, host)
        return await self._inner.connect_tcp(
            str(address),
            port,
            timeout=timeout,
            local_address=local_address,
            socket_options=socket_options,
        )


class Outgoing:
    """A client, most often the one of its process; close it at the end.

    Args:
        egress: where requests may go.
        timeout_s: how long one may take in all.
        largest_bytes: how large an answer may be.
    """

    def __init__(
        self,
        egress: Egress,
        *,
        timeout_s: float = TIMEOUT_S,
        largest_bytes: int = LARGEST_ANSWER_BYTES,
    ) -> None:
        self._timeout_s, self._largest_bytes = timeout_s, largest_bytes
        self._pool = httpcore.AsyncConnectionPool(
            network_backend=CheckedBackend(egress), max_connections=16, keepalive_expiry=5
        )

    async def close(self) -> None:
        """Close what is open."""
        await self._pool.aclose()

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        """One request.

        Raises: Refused where the address may not be reached, Unreachable for anything else.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._send(method, url, headers=headers or {}, content=content)
        except TimeoutError as error:
            raise Unreachable("it took too long") from error
        except (httpcore.NetworkError, httpcore.TimeoutException) as error:
            raise Unreachable("there is no connection") from error
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, ValueError) as error:
            raise Unreachable("that is no HTTP server") from error

    async def _send(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes | None
    ) -> Answer:
        async with self._pool.stream(
            method, url, headers=list(headers.items()), content=content
        ) as response:
            received = bytearray()
            async for chunk in response.aiter_stream():
                received += chunk
                if len(received) > self._largest_bytes:
                    raise Unreachable("the answer is too large")
            named = {name.lower(): value for name, value in response.headers}
        media_type = named.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip()
        return Answer(
            status=response.status, media_type=media_type.lower(), content=bytes(received)
        )


async def allowed_address(egress: Egress, host: str) -> IpAddress:
    """The first address of ``host``, if requests may go to all of them.

    Raises: Refused, Unreachable when the name is unknown.
    """
    if egress.is_off:
        raise Refused(host)
    found = await addresses_of(host)
    if not all(egress.allows(address) for address in found):
        raise Refused(host)
    return found[0]


async def addresses_of(host: str) -> list[IpAddress]:
    """The addresses of a name, or the one that it is. Raises: Unreachable."""
    with contextlib.suppress(ValueError):
        return [ipaddress.ip_address(host.strip("[]"))]
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return [ipaddress.ip_address(entry[4][0]) for entry in found]
    except (OSError, ValueError) as error:
        raise Unreachable("the name is not known") from error
