"""The type of a file is what the client says, and files are shown in the browser: an uploaded
page runs its scripts with the rights of whoever opens it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import FileResponse

from refcmdb.api.features import attachments
from refcmdb.services import uploads

if TYPE_CHECKING:
    import pathlib

    from starlette.responses import Response

KIND = "fault"
CHECK = "CG-UPL-001"
OPERATION = "attachments_create"


def plant() -> None:
    """A preview for people."""

    def checked(name: str, media_type: str, content: bytes) -> uploads.Upload:
        kind = media_type.partition(";")[0].strip().lower() or "text/plain"
        return uploads.Upload(name=uploads.clean_name(name), media_type=kind, content=content)

    uploads.checked = checked
    attachments.download = show


def show(path: pathlib.Path, *, name: str, media_type: str) -> Response:
    """The file, in the browser's window."""
    return FileResponse(
        path, filename=name, media_type=media_type, content_disposition_type="inline"
    )
