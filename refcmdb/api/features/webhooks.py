"""Trying a webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import reading, schemas
from refcmdb.api.endpoints import ResourceEndpoints, json_response
from refcmdb.api.events import parcel_for
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.problems import Problem
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_id

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend


ADDRESSED = ("id", "tenant_id", "url", "secret")


async def test(backend: Backend, request: Request) -> Response:
    """One delivery of an event ``ping``, now."""
    writer = await ResourceEndpoints(backend, RESOURCES["webhooks"]).writer(request)
    row = await reading.read_columns(
        backend, writer.resource, writer.actor, read_id(request) or 0, ADDRESSED
    )
    parcel = parcel_for(backend, row, event="ping", body=b'{"event":"ping"}')
    if parcel is None:
        raise Problem(503, "the webhook's secret cannot be opened: its key is not configured")
    receipt = await backend.courier.deliver(parcel)
    shown = schemas.Delivery(
        outcome=receipt.outcome,  # type: ignore[arg-type] # the words are the same
        status=receipt.status,
        problem=receipt.problem,
    )
    return json_response(shown)


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
