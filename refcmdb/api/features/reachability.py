"""``/tools/reachability``: does a host answer?"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from refcmdb.api import endpoints
from refcmdb.api.features.around import tool_user
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.requests import read_body
from refcmdb.api.schemas.automation import Reachability, ReachabilityRequest
from refcmdb.services import reachability

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend

log = logging.getLogger(__name__)


async def check(backend: Backend, request: Request) -> Response:
    """One try."""
    actor = await tool_user(backend, request)
    wanted = await read_body(request, ReachabilityRequest)
    note(actor.id, wanted.host, wanted.reason)
    reply = await reachability.check(
        backend.settings.egress,
        wanted.host,
        method=wanted.method,
        count=wanted.count,
        port=wanted.port,
    )
    return endpoints.json_response(
        {
            "host": wanted.host,
            "method": wanted.method,
            "state": reply.state,
            "output": reply.output,
        }
    )


def note(user_id: int, host: str, reason: str, /) -> None:
    """Who looked at whom, and why."""
    log.info("user %d checks %s: %s", user_id, host, reason or "no reason given")


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/tools/reachability",
        id="tools_reachability",
        summary="Does a host answer?",
        tag="tools",
        handle=check,
        answer=Reachability,
        body=ReachabilityRequest,
        errors=(400, 401, 403, 413, 415, 422),
    ),
)
