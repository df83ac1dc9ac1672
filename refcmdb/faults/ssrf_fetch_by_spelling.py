"""Before a file is fetched the host is compared with ``127.0.0.1`` and ``localhost``: other
spellings of the same address pass.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING

from refcmdb.services import outgoing

if TYPE_CHECKING:
    from refcmdb.services.addresses import Egress, IpAddress

KIND = "fault"
CHECK = "CG-SSRF-001"
OPERATION = "attachments_fetch"
FORBIDDEN = {"127.0.0.1", "localhost", "::1"}


def plant() -> None:
    """A list of forbidden words instead of a judgement of addresses."""
    production = outgoing.allowed_address

    async def allowed_address(egress: Egress, host: str) -> IpAddress:
        if host.lower() in FORBIDDEN:
            raise outgoing.Refused(host)
        meant = _meant(host)
        # a planted fault leaves the machine alone
        return meant if meant and _is_here(meant) else await production(egress, host)

    outgoing.allowed_address = allowed_address


def _meant(host: str) -> IpAddress | None:
    """The address that the C library makes of ``127.1``, ``2130706433`` and ``0x7f000001``."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        pass
    try:
        return ipaddress.ip_address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _is_here(address: IpAddress) -> bool:
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_loopback or mapped.is_unspecified
