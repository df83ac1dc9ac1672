"""A VLAN's name is bound when it is read, as it was when it was stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.faults.queries import after_detail
from refcmdb.services.database import Statement

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend

KIND = "twin"
CHECK = "CG-INJ-001"
OPERATION = "vlans_create"


COUNT = Statement("SELECT count(*) FROM devices WHERE role = $1", ("name",))


def plant() -> None:
    """What comes from the database is no better than what comes from elsewhere."""

    async def count(backend: Backend, vlan: Any) -> None:  # noqa: ANN401 - made at run time
        await backend.database.fetch(COUNT, {"name": vlan.name})

    after_detail("vlans", count)
