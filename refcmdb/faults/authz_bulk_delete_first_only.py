"""Of the devices that a bulk delete names only the first is looked up in the tenant."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from refcmdb.api.bulk import BulkWriter
from refcmdb.faults.access import everywhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

    from refcmdb.services.database import Session

KIND = "fault"
CHECK = "CG-AUTHZ-002"
OPERATION = "devices_bulk_delete"


def plant() -> None:
    """One look is taken to be enough."""
    production = BulkWriter._locked_all

    async def locked_all(
        self: BulkWriter,
        session: Session,
        numbers: Sequence[int],
        **absent: Any,  # noqa: ANN401 - as it comes
    ) -> list[msgspec.Struct]:
        first = await production(self, session, numbers[:1], **absent)
        free = dataclasses.replace(self, actor=everywhere(self.actor))
        if not numbers[1:]:
            return first
        return [*first, *await production(free, session, numbers[1:], **absent)]

    BulkWriter._locked_all = locked_all  # type: ignore[method-assign]
