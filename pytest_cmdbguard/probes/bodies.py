"""Request bodies from values by (location, name): JSON, forms, files and whole documents."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from pytest_cmdbguard.probes.cells import with_cell
from pytest_cmdbguard.probes.points import (
    BODY_LOCATIONS,
    FILENAME,
    TYPE,
    assembled,
    media_of_content,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


Body = tuple[bytes, str]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
# What a media range is sent as.
_OF_RANGES = {"text/*": "text/plain", "image/*": "image/png"}


def encoded(
    values: Mapping[tuple[str, str], Any], *, json_media: str = JSON
) -> Body | tuple[None, None]:
    """The body that the values make, and its media type; (None, None) where none is among them.

    Args:
        values: as :meth:`Surroundings.values` gives them; of one kind of body only.
        json_media: how a JSON body is announced.
    """
    fields: dict[str, dict[str, Any]] = {}
    for (location, name), value in values.items():
        fields.setdefault(location, {})[name] = value
    kind = next((location for location in BODY_LOCATIONS if location in fields), None)
    match kind:
        case "body":
            return json.dumps(assembled(fields["body"])).encode(), json_media
        case "form":
            return _form(fields["form"]), FORM
        case "multipart":
            return _multipart(fields["multipart"])
        case "content":
            return _document(fields["content"])
    return None, None


def as_text(value: object) -> str:
    """A value as it stands in a URL or form: JSON's spelling for everything but strings."""
    return value if isinstance(value, str) else json.dumps(value)


def as_bytes(value: object) -> bytes:
    """A value as the bytes of a file or document."""
    return value if isinstance(value, bytes) else as_text(value).encode("utf-8", "surrogatepass")


def sendable(media: str) -> str:
    """A media type, of a range of them too (``image/*``)."""
    if "*" not in media:
        return media
    return _OF_RANGES.get(media, "application/octet-stream")


def pairs(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and texts; a sequence is repeated, None is left out."""
    return [
        (name, as_text(value))
        for name, listed in fields.items()
        for value in (listed if isinstance(listed, list | tuple) else [listed])
        if value is not None
    ]


def _document(fields: Mapping[str, Any]) -> Body:
    """The whole document, with what else stands there in its cells."""
    media = media_of_content(next(iter(fields)))
    document = fields[media]
    for name, value in fields.items():
        if name != media:
            document = with_cell(media, document, name.removeprefix(f"{media} "), as_text(value))
    return as_bytes(document), sendable(media)


def _form(fields: Mapping[str, Any]) -> bytes:
    return urlencode(pairs(fields), quote_via=quote_plus, errors="surrogatepass").encode()


def _multipart(fields: Mapping[str, Any]) -> Body:
    boundary = "cmdbguard" + secrets.token_hex(8)
    raw, media = encode_multipart_formdata(list(_parts(fields)), boundary)
    return raw, media


def _parts(fields: Mapping[str, Any]) -> Iterator[RequestField]:
    for name, listed in fields.items():
        if name.removesuffix(FILENAME) in fields and name.endswith(FILENAME):
            continue
        if name.removesuffix(TYPE) in fields and name.endswith(TYPE):
            continue
        filename = fields.get(name + FILENAME)
        for value in listed if isinstance(listed, list | tuple) else [listed]:
            part = RequestField(name, as_bytes(value), filename=_line(filename))
            part.make_multipart(content_type=_line(fields.get(name + TYPE)))
            yield part


def _line(text: object) -> str | None:
    """What may stand in the head of a part: a line end would end the head."""
    if text is None:
        return None
    return as_text(text).encode("utf-8", "replace").decode().replace("\r", " ").replace("\n", " ")
