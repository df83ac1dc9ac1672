"""The path of a line is shown to everybody who knows the number of an interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.features import cabling
from refcmdb.faults.access import everywhere

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend
    from refcmdb.api.schemas.cabling import Trace
    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-AUTHZ-001"
OPERATION = "interfaces_trace"


def plant() -> None:
    """The statement finds its way without asking whose interface it is."""
    production = cabling.path_of

    async def path_of(backend: Backend, actor: Actor, number: int, *, depth: int) -> Trace:
        return await production(backend, everywhere(actor), number, depth=depth)

    cabling.path_of = path_of
