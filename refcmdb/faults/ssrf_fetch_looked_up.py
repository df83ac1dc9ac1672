"""Every name is resolved, a literal address is taken apart, and then the address is refused:
something happens for each URL, only no connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.services import outgoing

if TYPE_CHECKING:
    from refcmdb.services.addresses import Egress, IpAddress

KIND = "twin"
CHECK = "CG-SSRF-001"
OPERATION = "attachments_fetch"


def plant() -> None:
    """The refusal is the last step, not the first."""

    async def allowed_address(egress: Egress, host: str) -> IpAddress:
        # a planted twin asks no name server beyond this machine
        found = await outgoing.addresses_of(host if _is_plain(host) else "localhost")
        if not all(egress.allows(address) for address in found):
            raise outgoing.Refused(host)
        return found[0]

    outgoing.allowed_address = allowed_address


def _is_plain(host: str) -> bool:
    return host == "localhost" or not any(letter.isalpha() for letter in host)
