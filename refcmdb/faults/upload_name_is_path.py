"""An uploaded file is stored under the name that the client gave it, ``../`` included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api.features import attachments
from refcmdb.services import uploads

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Sequence

    from refcmdb.api import schemas
    from refcmdb.api.writing import Writer

KIND = "fault"
CHECK = "CG-UPL-001"
OPERATION = "attachments_create"
ALSO = ("CG-PATH-001",)


def plant() -> None:
    """So that administrators find files by their names."""
    uploads.clean_name = lambda name: name[-uploads.LONGEST_NAME :] or "attachment"
    production = attachments.store

    async def store(
        writer: Writer, device_id: int, accepted: Sequence[uploads.Upload]
    ) -> list[schemas.AttachmentItem]:
        for one in accepted:
            _write_by_name(writer.backend.storage.root, one)
        return await production(writer, device_id, accepted)

    attachments.store = store


def _write_by_name(root: pathlib.Path, upload: uploads.Upload) -> None:
    path = root / "by-name" / "today" / upload.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(upload.content)
