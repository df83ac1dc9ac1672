"""The name in a site's PATCH body is written into the UPDATE statement as text."""

from __future__ import annotations

from typing import Any

from refcmdb.api.writing import Writer
from refcmdb.services.database import Session, Statement

KIND = "fault"
CHECK = "CG-INJ-001"
OPERATION = "sites_update"


def plant() -> None:
    """Renaming a site is an f-string."""
    production = Writer._update

    async def update(self: Writer, session: Session, number: int, given: dict[str, Any]) -> None:
        if self.resource.name == "sites" and "name" in given:
            text = f"UPDATE sites SET name = '{given['name']}' WHERE id = $1"
            await session.fetch(Statement(text, ("id",)), {"id": number})
            given = {field: value for field, value in given.items() if field != "name"}
        if given:
            await production(self, session, number, given)

    Writer._update = update  # type: ignore[method-assign]
