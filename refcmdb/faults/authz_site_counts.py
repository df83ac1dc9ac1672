"""The numbers of a site are counted for everybody who knows its id; nothing of it is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.features import overview
from refcmdb.faults.access import everywhere

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-AUTHZ-001"
OPERATION = "sites_summary"


def plant() -> None:
    """Counts are taken for harmless."""
    production = overview.site_of

    async def site_of(backend: Backend, actor: Actor, number: int) -> object:
        return await production(backend, everywhere(actor), number)

    overview.site_of = site_of
