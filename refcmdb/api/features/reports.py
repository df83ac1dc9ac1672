"""Reports: counts as CSV files, generated into the storage directory and kept for a minute."""

from __future__ import annotations

import asyncio
import csv
import functools
import hashlib
import io
import time
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from refcmdb import models
from refcmdb.api import reading, statements
from refcmdb.api.endpoints import NoQuery, json_response, who_asks
from refcmdb.api.features.attachments import download
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.problems import missing
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_query
from refcmdb.services import storage
from refcmdb.services.database import Statement, compiled

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor

CSV = "text/csv"
FRESH_S = 60


class Report(msgspec.Struct):
    """A report that can be downloaded."""

    name: str
    title: str


class Reports(msgspec.Struct):
    """All reports."""

    items: list[Report]


# What is counted: only columns with values of our own, so that no cell can be a formula.
COUNTED: Mapping[str, tuple[str, Sequence[sa.Column[Any]]]] = {
    "devices.csv": (
        "Devices by status and role",
        [models.devices.c.status, models.devices.c.role],
    ),
    "addresses.csv": ("IP addresses by status", [models.ip_addresses.c.status]),
    "prefixes.csv": ("Prefixes by status", [models.prefixes.c.status]),
    "sites.csv": ("Sites by status", [models.sites.c.status]),
}


async def listed(backend: Backend, request: Request) -> Response:
    """What there is."""
    await who_asks(backend, request)
    read_query(request, NoQuery)
    items = [Report(name=name, title=title) for name, (title, _) in COUNTED.items()]
    return json_response(Reports(items=items))


async def read(backend: Backend, request: Request) -> Response:
    """One report; generated where there is no fresh one."""
    actor = await who_asks(backend, request)
    read_query(request, NoQuery)
    name = request.path_params["name"]
    path = place(backend, actor, name)
    if name in COUNTED and not _is_fresh(path):
        content = await generate(backend, actor, name)
        await asyncio.to_thread(storage.write, path, content)
    return download(path, name=name, media_type=CSV)


def place(backend: Backend, actor: Actor, name: str) -> pathlib.Path:
    """Where a report for this actor lies. Raises: Problem 404 for what is no report's name."""
    owner = str(actor.tenant_id or "all")
    if actor.constraints:
        owner += f"-{hashlib.sha256(actor.constraints).hexdigest()}"
    try:
        return backend.storage.report(owner, name)
    except ValueError as error:
        raise missing("a report") from error


async def generate(backend: Backend, actor: Actor, name: str) -> bytes:
    """The content of a report."""
    resource = RESOURCES[COUNTED[name][1][0].table.name]
    statement = _counting(name, reading.sight_of(resource, actor))
    rows = await backend.database.fetch(statement, reading.seen_by(actor))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*(column.name for column in COUNTED[name][1]), "count"])
    writer.writerows(rows)
    return text.getvalue().encode()


def _is_fresh(path: pathlib.Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime < FRESH_S
    except OSError:
        return False


@functools.lru_cache(maxsize=256)
def _counting(name: str, sight: statements.Sight) -> Statement:
    columns = COUNTED[name][1]
    counted = sa.select(*columns, sa.func.count()).where(*statements.seen(columns[0].table, sight))
    return compiled(counted.group_by(*columns).order_by(*columns))


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/reports",
        id="reports_list",
        summary="Reports that can be downloaded",
        tag="reports",
        handle=listed,
        answer=Reports,
        errors=(401, 422),
    ),
    Endpoint(
        method="GET",
        path="/reports/{name}",
        id="reports_read",
        summary="A report as CSV, at most a minute old",
        tag="reports",
        handle=read,
        produces=(CSV,),
        places={
            "name": {
                "type": "string",
                "maxLength": 44,
                "examples": ["devices.csv"],
                "description": "The name of the report.",
            }
        },
        errors=(401, 404, 422),
    ),
)
