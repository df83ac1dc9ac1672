"""A file for another tenant's device is refused, and the device's journal tells who tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from refcmdb.api import endpoints
from refcmdb.api.features import attachments
from refcmdb.api.problems import Problem
from refcmdb.api.requests import read_id
from refcmdb.faults.planting import rehandle
from refcmdb.models import devices, journal_entries
from refcmdb.services.database import compiled

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend

KIND = "twin"
CHECK = "CG-AUTHZ-002"
OPERATION = "attachments_create"

NOTE = compiled(
    sa.insert(journal_entries).from_select(
        ["tenant_id", "device_id", "user_id", "kind", "comments"],
        sa.select(
            devices.c.tenant_id,
            devices.c.id,
            sa.bindparam("user", type_=sa.BigInteger),
            sa.literal_column("'note'"),
            sa.literal_column("'a stranger wanted to attach a file'"),
        ).where(devices.c.id == sa.bindparam("number", type_=sa.BigInteger)),
    )
)


def plant() -> None:
    """Attempts are written down where the owner finds them."""

    async def upload(backend: Backend, request: Request) -> Response:
        try:
            return await attachments.upload(backend, request)
        except Problem as problem:
            if problem.status == 404:
                actor = await endpoints.who_asks(backend, request)
                values = {"user": actor.id, "number": read_id(request)}
                await backend.database.fetch(NOTE, values)
            raise

    rehandle("attachments_create", upload)
