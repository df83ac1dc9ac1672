"""A new site belongs to the tenant that the body names, whoever sends it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from refcmdb.api.writing import Writer
from refcmdb.faults.access import everywhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refcmdb.services.database import Session

KIND = "fault"
CHECK = "CG-AUTHZ-004"
OPERATION = "sites_create"


def plant() -> None:
    """The field was meant for administrators."""
    production = Writer.created

    async def created(self: Writer, session: Session, bodies: Sequence[Any]) -> list[Any]:
        if self.resource.name == "sites" and bodies[0].tenant_id is not UNSET:
            self = dataclasses.replace(self, actor=everywhere(self.actor))
        return await production(self, session, bodies)

    Writer.created = created  # type: ignore[method-assign]
