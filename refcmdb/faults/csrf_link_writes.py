"""A comment can be written by a link, too: its form's fields may stand in the query of a GET."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import msgspec

from refcmdb.api import endpoints, features
from refcmdb.api.features import pages
from refcmdb.api.features.sessions import see
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_query
from refcmdb.api.writing import Writer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend

KIND = "fault"
CHECK = "CG-CSRF-001"
OPERATION = "device_comment"


def plant() -> None:
    """For the printed codes on the devices."""

    async def comment(backend: Backend, request: Request) -> Response:
        actor = await endpoints.who_asks(backend, request)
        form = read_query(request, pages.CommentForm)
        writer = Writer(
            backend=backend,
            resource=RESOURCES["devices"],
            actor=actor,
            request_id=request.scope["request_id"],
        )
        writer.require_permission()
        patch = msgspec.convert({"comments": form.comments}, writer.resource.patch)
        await writer.patch(int(request.path_params["id"]), patch)
        return see("/ui/devices")

    written = next(e for e in pages.ENDPOINTS if e.id == "device_comment")
    link = dataclasses.replace(written, method="GET", id="device_comment_link", handle=comment)
    features.ENDPOINTS = (*features.ENDPOINTS, link)
