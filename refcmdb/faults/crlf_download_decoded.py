"""The name of a download is decoded, because browsers encode it when they upload."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from refcmdb.api.features import attachments
from refcmdb.faults.pages import trust_header_values

if TYPE_CHECKING:
    import pathlib

    from starlette.responses import Response

KIND = "fault"
CHECK = "CG-CRLF-002"
OPERATION = "attachments_create"


def plant() -> None:
    """What was cleaned at the upload is not what is written later."""
    trust_header_values()
    production = attachments.download

    def download(path: pathlib.Path, *, name: str, media_type: str) -> Response:
        response = production(path, name="file", media_type=media_type)
        shown = f'attachment; filename="{unquote(name)}"'.encode("latin-1", "replace")
        response.raw_headers = [
            (key, shown if key == b"content-disposition" else value)
            for key, value in response.raw_headers
        ]
        return response

    attachments.download = download
