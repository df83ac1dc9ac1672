"""The change log of a new credential holds the request's body, secret included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from refcmdb.api import writing
from refcmdb.api.registry import RESOURCES
from refcmdb.api.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refcmdb.services.database import Session

KIND = "fault"
CHECK = "CG-REST-001"
OPERATION = "credentials_create"


def plant() -> None:
    """Somebody wanted to see in the log what was asked for."""
    production, recording = Writer.create, Writer._record

    async def create(self: Writer, bodies: Sequence[msgspec.Struct]) -> list[msgspec.Struct]:
        if self.resource is RESOURCES["credentials"]:
            _asked[self.request_id] = [msgspec.to_builtins(body) for body in bodies]
        return await production(self, bodies)

    async def record(self: Writer, session: Session, changes: Sequence[writing.Change]) -> None:
        asked = _asked.pop(self.request_id, None)
        if asked:
            changes = [
                writing.Change(after=_Told(change.after, body))
                for change, body in zip(changes, asked, strict=True)
            ]
        await recording(self, session, changes)

    Writer.create, Writer._record = create, record  # type: ignore[method-assign]


_asked: dict[str, list[Any]] = {}


class _Told(msgspec.Struct):
    """An object, and what was asked for."""

    item: Any
    request: Any

    @property
    def id(self) -> int:
        """The object's."""
        number: int = self.item.id
        return number

    @property
    def tenant_id(self) -> int:
        """The object's."""
        owner: int = self.item.tenant_id
        return owner
