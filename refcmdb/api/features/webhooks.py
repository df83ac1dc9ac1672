"""Trying a webhook."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import sqlalchemy as sa

from refcmdb import models
from refcmdb.api import schemas
from refcmdb.api.endpoints import ResourceEndpoints, json_response
from refcmdb.api.events import parcel_for
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.problems import Problem, missing
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_id
from refcmdb.services.database import Statement, compiled

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend


async def test(backend: Backend, request: Request) -> Response:
    """One delivery of an event ``ping``, now."""
    writer = await ResourceEndpoints(backend, RESOURCES["webhooks"]).writer(request)
    scope = writer.actor.tenant_id
    values = {"id": read_id(request) or 0, "scope": scope}
    rows = await backend.database.fetch(_by_id(scoped=scope is not None), values)
    if not rows:
        raise missing("a webhook")
    parcel = parcel_for(backend, rows[0], event="ping", body=b'{"event":"ping"}')
    if parcel is None:
        raise Problem(503, "the webhook's secret cannot be opened: its key is not configured")
    receipt = await backend.courier.deliver(parcel)
    shown = schemas.Delivery(
        outcome=receipt.outcome,  # type: ignore[arg-type] # the words are the same
        status=receipt.status,
        problem=receipt.problem,
    )
    return json_response(shown)


@functools.cache
def _by_id(*, scoped: bool) -> Statement:
    table = models.webhooks
    select = sa.select(table.c.id, table.c.tenant_id, table.c.url, table.c.secret).where(
        table.c.id == sa.bindparam("id", type_=sa.BigInteger)
    )
    if scoped:
        owner = sa.bindparam("scope", type_=sa.BigInteger)
        select = select.where(table.c.tenant_id == owner)
    return compiled(select)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/webhooks/{id}/test",
        id="webhooks_test",
        summary="Send a ping to a webhook now",
        tag="webhooks",
        handle=test,
        answer=schemas.Delivery,
        errors=(401, 403, 404, 422),
    ),
)
