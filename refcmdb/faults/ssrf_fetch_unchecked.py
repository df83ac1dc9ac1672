"""A file is fetched from whatever address its URL leads to, this machine's own included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.services.addresses import Egress

if TYPE_CHECKING:
    from refcmdb.services.addresses import IpAddress

KIND = "fault"
CHECK = "CG-SSRF-001"
OPERATION = "attachments_fetch"


def plant() -> None:
    """The loopback interface was allowed for a test and stayed so."""
    production = Egress.allows

    def allows(self: Egress, address: IpAddress) -> bool:
        return address.is_loopback or production(self, address)

    Egress.allows = allows  # type: ignore[method-assign]
    Egress.is_off = property(lambda _self: False)  # type: ignore[assignment]
