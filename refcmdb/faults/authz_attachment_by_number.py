"""The content of an attachment is served to whoever knows its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.features import attachments
from refcmdb.faults.access import everywhere

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-AUTHZ-001"
OPERATION = "attachments_content"


def plant() -> None:
    """The detail is protected, the download is not."""
    production = attachments.find

    async def find(backend: Backend, actor: Actor, number: int | None) -> tuple[str, str, str]:
        return await production(backend, everywhere(actor), number)

    attachments.find = find
