"""Devices in and out as CSV and YAML documents."""

from __future__ import annotations

import asyncio
import urllib.parse
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from starlette.responses import Response

from refcmdb.api import endpoints, reading
from refcmdb.api.features import custom_columns, names
from refcmdb.api.features.around import bad_input_told
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.problems import FieldError, Problem, from_validation, invalid
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_content, read_query
from refcmdb.api.resource import types_of
from refcmdb.api.schemas.automation import DeviceRow, ImportedDevices
from refcmdb.api.writing import Writer
from refcmdb.services import device_documents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from refcmdb.api.reading import Backend

CSV, YAML = "text/csv", "application/yaml"
MEDIA_TYPES = {"csv": CSV, "yaml": YAML}
COLUMNS, CUSTOM_FIELDS = device_documents.COLUMNS, device_documents.CUSTOM_FIELDS
# What stands before the name of a custom field.
PREFIXES = {CSV: device_documents.CUSTOM, YAML: f"{CUSTOM_FIELDS}."}
EXAMPLES = {
    CSV: "name,serial,site,device_type,status,tags,cf_owner\ncsv-1,CSV0001,1,1,active,edge,noc\n",
    YAML: "- name: yaml-1\n  serial: YAML0001\n  site: '1'\n  device_type: '1'\n"
    "  status: active\n  tags: [edge]\n  custom_fields: {owner: noc}\n",
}


def _export_query() -> type[msgspec.Struct]:
    """The parameters of the device list, and the form of the document."""
    query = RESOURCES["devices"].query
    kinds, defaults = types_of(query), query.__struct_defaults__
    fields: list[tuple[str, Any, Any]] = [("format", Literal["csv", "yaml"], "csv")]
    fields += [
        (name, kinds[name], value)
        for name, value in zip(kinds, defaults, strict=True)
        if name not in {"fields", "count"}
    ]
    return msgspec.defstruct(
        "DeviceExportQuery", fields, forbid_unknown_fields=True, kw_only=True, frozen=True
    )


ExportQuery: Any = _export_query()


async def export(backend: Backend, request: Request) -> Response:
    """One page of the device list as a document; the Link header leads to the next one."""
    actor = await endpoints.who_asks(backend, request)
    query = read_query(request, ExportQuery)
    page = await page_of(backend, actor, query)
    custom, values = await custom_columns.values_of(backend, actor, page.items)
    rows = [
        {name: getattr(item, name) for name in COLUMNS} | {CUSTOM_FIELDS: own}
        for item, own in zip(page.items, values, strict=True)
    ]
    write = device_documents.write_yaml if query.format == "yaml" else device_documents.write_csv
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="devices.{query.format}"',
    }
    if page.next:
        given = dict(request.query_params) | {"cursor": page.next}
        address = f"{request.url.path}?{urllib.parse.urlencode(given)}"
        headers["Link"] = f'<{address}>; rel="next"'
    return Response(write(rows, custom), media_type=MEDIA_TYPES[query.format], headers=headers)


async def page_of(backend: Backend, actor: Any, query: Any) -> Any:  # noqa: ANN401 - made at run time
    """The page of the list that is asked with the same parameters."""
    devices = RESOURCES["devices"]
    given = {name: getattr(query, name) for name in query.__struct_fields__ if name != "format"}
    return await reading.list_page(backend, devices, actor, devices.query(**given))


async def import_(backend: Backend, request: Request) -> Response:
    """All devices of the document, or none."""
    actor = await endpoints.who_asks(backend, request)
    writer = Writer(
        backend=backend,
        resource=RESOURCES["devices"],
        actor=actor,
        request_id=request.scope["request_id"],
    )
    writer.require_permission()
    read_query(request, endpoints.NoQuery)
    media_type, raw = await read_content(request, tuple(EXAMPLES))
    read = device_documents.read_csv if media_type == CSV else device_documents.read_yaml
    with bad_input_told(request):
        given = await asyncio.to_thread(read, raw)
    with custom_columns.told_at(PREFIXES[media_type]):
        rows = rows_of(given)
        if media_type == CSV:
            custom_columns.as_cells(rows)
        bodies = await names.bodies_of(backend, actor, rows)
        items: Any = await writer.create(bodies)
    return endpoints.json_response(ImportedDevices(items), status=201)


def rows_of(given: Sequence[Any]) -> list[DeviceRow]:
    """The rows, valid each for itself. Raises: Problem 422 with what is wrong in which row."""
    rows, errors = [], []
    for number, one in enumerate(given):
        try:
            row = msgspec.convert(one, DeviceRow)
            rows.append(row)
            wrong = custom_columns.wrong_values(row)
        except msgspec.ValidationError as error:
            wrong = from_validation(error).errors or []
        errors += [located(number, e) for e in wrong]
    errors += _repeated(rows)
    if errors:
        raise Problem(422, "rows are not valid", errors=errors)
    if not rows:
        raise invalid("", "there are no devices in it")
    return rows


def located(number: int, error: FieldError) -> FieldError:
    """The error with its row, which counts from 0."""
    return FieldError(f"[{number}].{error.field}".rstrip("."), error.message)


def _repeated(rows: Sequence[DeviceRow]) -> list[FieldError]:
    seen: set[tuple[str, str]] = set()
    errors = []
    for number, row in enumerate(rows):
        for field in ("name", "serial"):
            value = (field, getattr(row, field))
            if value in seen:
                errors.append(FieldError(f"[{number}].{field}", "is in an earlier row, too"))
            seen.add(value)
    return errors


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/devices/export",
        id="devices_export",
        summary="Devices as a CSV or YAML document",
        tag="devices",
        handle=export,
        produces=tuple(MEDIA_TYPES.values()),
        query=ExportQuery,
        errors=(401, 422),
    ),
    Endpoint(
        method="POST",
        path="/devices/import",
        id="devices_import",
        summary="Add the devices of a CSV or YAML document, all or none",
        tag="devices",
        handle=import_,
        status=201,
        answer=ImportedDevices,
        consumes={
            media: {"type": "string", "examples": [text]} for media, text in EXAMPLES.items()
        },
        errors=(401, 403, 409, 413, 415, 422),
    ),
)
