"""Files of devices: uploaded, fetched from elsewhere, shown as downloads only, deleted."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import urllib.parse
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import FileResponse, Response

from refcmdb.api import reading, schemas
from refcmdb.api.endpoints import NoQuery, ResourceEndpoints, json_response, who_asks
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.problems import Problem, invalid
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_body, read_id, read_query, read_raw, require_id
from refcmdb.services import archives, uploads
from refcmdb.services.outgoing import Refused, Unreachable

if TYPE_CHECKING:
    import pathlib
    from collections.abc import AsyncGenerator, Sequence

    from starlette.requests import Request

    from refcmdb.api.reading import Backend
    from refcmdb.api.writing import Writer
    from refcmdb.auth.actors import Actor
    from refcmdb.services.uploads import Upload

FORM = "multipart/form-data"
ZIP = "application/zip"
# A form has some lines around its file.
LARGEST_FORM_BYTES = uploads.LARGEST_BYTES + 64 * 1024
WRITE_ERRORS = (400, 401, 403, 404, 413, 415, 422)


async def upload(backend: Backend, request: Request) -> Response:
    """One file of a form."""
    writer, device_id = await _writer(backend, request)
    name, media_type, content = await read_file(request)
    created = await store(writer, device_id, [_accepted(name, media_type, content)])
    return _created(created[0])


async def unpack(backend: Backend, request: Request) -> Response:
    """Every file of an archive, or none."""
    writer, device_id = await _writer(backend, request)
    _require_type(request, ZIP)
    raw = await read_raw(request, largest=archives.LARGEST_ARCHIVE_BYTES)
    try:
        members = await asyncio.to_thread(archives.members, raw)
    except archives.ArchiveProblem as error:
        raise invalid("", str(error)) from error
    accepted = [_accepted(name, guessed_type(name), content) for name, content in members]
    created = await store(writer, device_id, accepted)
    return json_response(schemas.Attachments(items=created), status=201)


async def fetch(backend: Backend, request: Request) -> Response:
    """A file from elsewhere, such as a data sheet of the maker."""
    writer, device_id = await _writer(backend, request)
    source: schemas.AttachmentSource = await read_body(request, schemas.AttachmentSource)
    try:
        answer = await backend.outgoing.send("GET", source.url)
    except Refused as error:
        raise invalid("url", "leads to an address that is not allowed") from error
    except Unreachable as error:
        raise invalid("url", f"cannot be fetched: {error}") from error
    if answer.status != 200:
        raise invalid("url", "does not answer 200")
    name = source.name or urllib.parse.urlsplit(source.url).path
    created = await store(writer, device_id, [_accepted(name, answer.media_type, answer.content)])
    return _created(created[0])


async def content(backend: Backend, request: Request) -> Response:
    """The file, as a download."""
    actor = await who_asks(backend, request)
    read_query(request, NoQuery)
    name, media_type, stored = await find(backend, actor, read_id(request))
    return download(backend.storage.attachment(stored), name=name, media_type=media_type)


async def delete(backend: Backend, request: Request) -> Response:
    """The row, then its file."""
    writer = await _attachments(backend).writer(request)
    number = read_id(request)
    _, _, stored = await find(backend, writer.actor, number)
    await writer.delete(number or 0)
    await asyncio.to_thread(backend.storage.remove, stored)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


async def read_file(request: Request) -> tuple[str, str, bytes]:
    """Name, type and content of the one file in a form.

    Raises: Problem 400, 413, 415, 422.
    """
    _require_type(request, FORM)
    raw = await read_raw(request, largest=LARGEST_FORM_BYTES)
    parser = MultiPartParser(request.headers, _once(raw), max_files=1, max_fields=1)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        raise Problem(400, "the body is not a form with one file") from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise invalid("file", "is required")
        return file.filename or "", file.content_type or "", await file.read()
    finally:
        await form.close()


async def store(
    writer: Writer, device_id: int, accepted: Sequence[Upload]
) -> list[schemas.AttachmentItem]:
    """The files on disk and their rows; where the rows cannot be written the files go again."""
    storage = writer.backend.storage
    kept = [(await asyncio.to_thread(storage.keep, one.content), one) for one in accepted]
    bodies = [
        schemas.AttachmentBody(
            device_id=device_id,
            name=one.name,
            media_type=one.media_type,
            size_bytes=len(one.content),
            sha256=hashlib.sha256(one.content).hexdigest(),
            stored=stored,
        )
        for stored, one in kept
    ]
    try:
        items: list[Any] = await writer.create(bodies)
    except BaseException:
        for stored, _ in kept:
            storage.remove(stored)
        raise
    return items


async def find(backend: Backend, actor: Actor, number: int | None) -> tuple[str, str, str]:
    """Name, type and stored name of an attachment. Raises: Problem 404."""
    name, media_type, stored = await reading.read_columns(
        backend, RESOURCES["attachments"], actor, number or 0, ("name", "media_type", "stored")
    )
    return name, media_type, stored


def download(path: pathlib.Path, *, name: str, media_type: str) -> Response:
    """A file that browsers save and never show. Raises: Problem 404 when it is gone."""
    if not path.is_file():
        raise Problem(404, "the file is gone")
    headers = {"Cache-Control": "private, no-store"}
    return FileResponse(path, filename=name, media_type=media_type, headers=headers)


def guessed_type(name: str) -> str:
    """The media type that a name's ending tells."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _accepted(name: str, media_type: str, content: bytes) -> Upload:
    try:
        return uploads.checked(name, media_type, content)
    except uploads.UploadProblem as error:
        raise invalid("file", str(error)) from error


async def _writer(backend: Backend, request: Request) -> tuple[Writer, int]:
    """Who writes to which device. Raises: Problem 401, 403, 404."""
    writer = await _attachments(backend).writer(request)
    number = require_id(request, "a device")
    await reading.read_detail(backend, RESOURCES["devices"], writer.actor, number)
    return writer, number


def _attachments(backend: Backend) -> ResourceEndpoints:
    return ResourceEndpoints(backend, RESOURCES["attachments"])


def _require_type(request: Request, wanted: str) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != wanted:
        raise Problem(415, f"the body must be {wanted}")


async def _once(raw: bytes) -> AsyncGenerator[bytes]:
    yield raw
    yield b""


def _created(item: schemas.AttachmentItem) -> Response:
    location = f"/api/v1/attachments/{item.id}"
    return json_response(item, status=201, headers={"Location": location})


_FILE = {"type": "string", "format": "binary", "description": "Text, CSV, PDF, PNG or JPEG."}

ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/devices/{id}/attachments",
        id="attachments_create",
        summary="Add a file to a device",
        tag="attachments",
        handle=upload,
        status=201,
        answer=schemas.AttachmentItem,
        consumes={
            FORM: {"type": "object", "properties": {"file": _FILE}, "required": ["file"]},
        },
        errors=WRITE_ERRORS,
    ),
    Endpoint(
        method="POST",
        path="/devices/{id}/attachments/archive",
        id="attachments_unpack",
        summary="Add every file of a ZIP archive to a device, all or none",
        tag="attachments",
        handle=unpack,
        status=201,
        answer=schemas.Attachments,
        consumes={ZIP: {"type": "string", "format": "binary"}},
        errors=WRITE_ERRORS,
    ),
    Endpoint(
        method="POST",
        path="/devices/{id}/attachments/fetch",
        id="attachments_fetch",
        summary="Add a file from a web server to a device",
        tag="attachments",
        handle=fetch,
        status=201,
        answer=schemas.AttachmentItem,
        body=schemas.AttachmentSource,
        errors=WRITE_ERRORS,
    ),
    Endpoint(
        method="GET",
        path="/attachments/{id}/content",
        id="attachments_content",
        summary="The file itself",
        tag="attachments",
        handle=content,
        produces=tuple(uploads.ALLOWED),
        errors=(401, 404, 422),
    ),
    Endpoint(
        method="DELETE",
        path="/attachments/{id}",
        id="attachments_delete",
        summary="Remove from attachments",
        tag="attachments",
        handle=delete,
        status=204,
        errors=(401, 403, 404, 422),
    ),
)
