"""Files are fetched from the hosts of a list only, compared as a whole after parsing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.services import outgoing

if TYPE_CHECKING:
    from refcmdb.services.addresses import Egress, IpAddress

KIND = "twin"
CHECK = "CG-SSRF-001"
OPERATION = "attachments_fetch"
HOSTS = {"www.example.com", "docs.example.com"}


def plant() -> None:
    """What is on the list is judged by its addresses all the same."""
    production = outgoing.allowed_address

    async def allowed_address(egress: Egress, host: str) -> IpAddress:
        if host.lower() not in HOSTS:
            raise outgoing.Refused(host)
        return await production(egress, host)

    outgoing.allowed_address = allowed_address
