"""Small valid files and documents by media type."""

from __future__ import annotations

import base64
import contextlib
import io
import ipaddress
import json
import mimetypes
import re
import secrets
import zipfile
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from pytest_cmdbguard.model import Operation, Parameter
from pytest_cmdbguard.probes.cells import cells, with_cell
from pytest_cmdbguard.probes.points import body_location
from pytest_cmdbguard.probes.samples import sample
from pytest_cmdbguard.probes.schemas import Schema, flattened, members_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# One transparent pixel.
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
# Cells with the name of what a line, an item or an element is about.
_IDENTITY = re.compile(r"(?:^|[/@_])(?:name|serial|asset_tag|hostname|title|code)$", re.IGNORECASE)
_LAST = re.compile("[/@]")
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def content(media: str, schema: Schema) -> str | bytes:
    """A valid document of a media type: the example of its schema, else made from it.

    A text for what is text, so that probes can be written into it; bytes for everything else.
    """
    known = sample(schema) if _has_example(schema) else None
    if isinstance(known, str):
        return known
    kind = media.partition(";")[0].strip().lower()
    made = next((make for ending, make in _BINARY if kind.endswith(ending)), None)
    if made or kind.startswith("image/"):
        return made() if made else _PNG
    value = sample(schema) if known is None else known
    writer = next((write for ending, write in _WRITTEN if kind.endswith(ending)), _plain)
    return writer(schema, value)


def renewed_content(media: str, schema: Schema) -> str | bytes:
    """The same document about something else: what names a thing has another ending.

    A second document with the same names would be refused as a duplicate.
    """
    document = content(media, schema)
    for cell, text in cells(media, document).items():
        if isinstance(document, str) and _IDENTITY.search(cell):
            document = with_cell(media, document, cell, f"{text}-{secrets.token_hex(4)}")
    return document


def cell_points(
    operation: Operation, fields: Mapping[str, Schema] | None = None
) -> tuple[Parameter, ...]:
    """The places for text inside the documents that an operation takes as whole bodies.

    A name is the media type, a blank and the name of the cell (``text/csv serial``); the schema is
    what the text that stands there now looks like.

    Args:
        operation: whose bodies.
        fields: what such a document is a list of, by name: a cell is one of the choices of the
            field that is named like it, if the text that stands there now is.
    """
    return tuple(
        Parameter(
            location="content",
            name=f"{media} {cell}",
            schema=_choices((fields or {}).get(_LAST.split(cell)[-1], {}), text)
            or _schema_like(text),
        )
        for media, schema in operation.contents.items()
        if body_location(media) == "content"
        for cell, text in cells(media, content(media, schema)).items()
    )


def is_binary(media: str, schema: Schema) -> bool:
    """Whether a document is no text: there is no place for a text in it."""
    return body_location(media) == "content" and isinstance(content(media, schema), bytes)


def _choices(field: Schema, text: str) -> Schema:
    """The schema of a field if a text is one of its choices, else an empty one."""
    choices = flattened(field).get("enum") or ()
    return {"type": "string", "enum": [text, *choices]} if text in choices else {}


def _schema_like(text: str) -> Schema:
    if text.isdigit():
        return {"type": "integer", "examples": [int(text)]}
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(text)
        return {"type": "string", "format": f"ipv{address.version}", "examples": [text]}
    return {"type": "string", "examples": [text]}


def filename_of(media: str) -> str:
    """What a file of a media type may be called."""
    return "probe" + (mimetypes.guess_extension(media) or ".bin")


def _has_example(schema: Schema) -> bool:
    return bool(schema.get("examples")) or schema.get("example") is not None


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("probe.txt", "probe\n")
    return file.getvalue()


def _csv(schema: Schema, value: Any) -> str:  # noqa: ANN401 - any JSON value
    """A line with names and one with values, where the schema names the columns."""
    merged = flattened(schema)
    row = value[0] if isinstance(value, list) and value else value
    if not isinstance(row, dict):
        columns = members_of(flattened(merged.get("items") or merged))
        row = {name: sample(member) for name, (member, _) in columns.items()} or {"name": "probe"}
    lines = (row.keys(), row.values())
    return "".join(",".join(f'"{cell}"' for cell in line) + "\r\n" for line in lines)


def _xml(schema: Schema, value: Any) -> str:  # noqa: ANN401 - any JSON value
    """An element per member (OpenAPI's ``xml.name`` is the name of the outermost)."""
    told = schema.get("xml")
    name = str(told.get("name", "probe")) if isinstance(told, dict) else "probe"
    return f'<?xml version="1.0"?>\n<{name}>{_elements(value)}</{name}>\n'


def _elements(value: object) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{_elements(child)}</{name}>" for name, child in value.items())
    if isinstance(value, list):
        return "".join(f"<item>{_elements(child)}</item>" for child in value)
    return escape(str(value))


def _json(_schema: Schema, value: object) -> str:
    return json.dumps(value, indent=1) + "\n"


def _plain(_schema: Schema, value: object) -> str:
    return value if isinstance(value, str) else "probe\n"


_BINARY = (("/zip", _zip), ("zip-compressed", _zip), ("/pdf", lambda: _PDF))
_WRITTEN = (("csv", _csv), ("yaml", _json), ("json", _json), ("xml", _xml))  # JSON is YAML
