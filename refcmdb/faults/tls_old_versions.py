"""TLS ends in a small forwarder of one's own that still speaks TLS 1.0, for an old probe."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import warnings

from refcmdb.infrastructure import balancer

KIND = "fault"
CHECK = "CG-TLS-001"
OPERATION = ""


def plant() -> None:
    """No Caddy."""
    balancer.serve = lambda front: asyncio.run(forward(front))


async def forward(front: balancer.Front) -> int:
    """Pass bytes between people and the first instance until SIGTERM."""
    with warnings.catch_warnings(action="ignore"):  # Python warns of exactly this
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(front.certificate, front.key)
    host, _, port = front.upstreams[0].partition(":")

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inward, outward = await asyncio.open_connection(host, int(port))
        await asyncio.gather(copied(reader, outward), copied(inward, writer))

    server = await asyncio.start_server(joined, front.host, front.https_port, ssl=context)
    await server.serve_forever()
    return 0


async def copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Whatever comes goes on."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
