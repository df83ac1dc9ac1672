"""Only the device of an interface's path is checked, not that the interface is one of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import reading
from refcmdb.api.features import overview
from refcmdb.api.registry import RESOURCES
from refcmdb.faults.access import everywhere

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-AUTHZ-001"
OPERATION = "devices_interface"


def plant() -> None:
    """Below a device of one's own everything is one's own."""

    async def interface_of(backend: Backend, actor: Actor, device: int, number: int) -> object:
        del device
        interfaces = RESOURCES["interfaces"]
        return await reading.read_detail(backend, interfaces, everywhere(actor), number)

    overview.interface_of = interface_of
