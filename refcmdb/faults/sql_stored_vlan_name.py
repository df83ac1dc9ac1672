"""A VLAN's name is stored as it should be, and part of a statement's text when it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.faults.queries import after_detail
from refcmdb.services.database import Statement

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "vlans_create"


def plant() -> None:
    """What comes from the database is trusted."""

    async def count(backend: Backend, vlan: Any) -> None:  # noqa: ANN401 - made at run time
        text = f"SELECT count(*) FROM devices WHERE role = '{vlan.name}'"
        await backend.database.fetch(Statement(text, ()), {})

    after_detail("vlans", count)
