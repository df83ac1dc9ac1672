"""What a device's failure means is told to everybody who knows the device's number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.features import cabling
from refcmdb.faults.access import everywhere

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend
    from refcmdb.api.schemas.cabling import Impact, ImpactQuery
    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-AUTHZ-001"
OPERATION = "devices_impact"


def plant() -> None:
    """The graph knows no tenants."""
    production = cabling.impact_of

    async def impact_of(backend: Backend, actor: Actor, number: int, query: ImpactQuery) -> Impact:
        return await production(backend, everywhere(actor), number, query)

    cabling.impact_of = impact_of
