"""Configurations from templates, stored ones and others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from refcmdb.api import endpoints, reading
from refcmdb.api.features.around import bad_input_told, named_device, tool_user
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_body, require_id
from refcmdb.api.schemas.automation import (
    ConfigTemplateRendering,
    Rendered,
    TemplateRendering,
)
from refcmdb.api.values import encode
from refcmdb.services import templating

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor

MOST_INTERFACES = 1000


async def render_stored(backend: Backend, request: Request) -> Response:
    """A template of the tenant, with a device of the tenant."""
    actor = await tool_user(backend, request)
    wanted = await read_body(request, ConfigTemplateRendering)
    resource = RESOURCES["config_templates"]
    number = require_id(request, resource.singular)
    stored: Any = await reading.read_detail(backend, resource, actor, number)
    values = await values_of(backend, actor, wanted.device_id, wanted.variables)
    return endpoints.json_response(Rendered(await output_of(request, stored.body, values)))


async def render_given(backend: Backend, request: Request) -> Response:
    """A template that is not stored."""
    actor = await tool_user(backend, request)
    wanted = await read_body(request, TemplateRendering)
    values = await values_of(backend, actor, wanted.device_id, wanted.variables)
    output = await output_of(request, wanted.template, values)
    return endpoints.json_response(Rendered(titled(wanted.title, output)))


async def values_of(
    backend: Backend, actor: Actor, device_id: int | None, variables: Mapping[str, object]
) -> dict[str, object]:
    """What a template may use: plain values only; no variable hides the device."""
    if device_id is None:
        return dict(variables)
    device = await named_device(backend, actor, device_id)
    interfaces = RESOURCES["interfaces"]
    query = interfaces.query(device_id=device.id, sort="id", limit=MOST_INTERFACES)
    page: Any = await reading.list_page(backend, interfaces, actor, query)
    described = msgspec.structs.asdict(device) | {"interfaces": page.items}
    # Custom fields are JSON already.
    return {**variables, "device": msgspec.json.decode(encode(described))}


async def output_of(request: Request, template: str, values: Mapping[str, object]) -> str:
    """The configuration. Raises: Problem 422 for a template that is wrong."""
    with bad_input_told(request):
        return await templating.rendered(template, values)


def titled(title: str, output: str) -> str:
    """The configuration under a comment."""
    return f"! {title}\n{output}" if title else output


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/config-templates/{id}/render",
        id="config_templates_render",
        summary="The configuration of a device by a stored template",
        tag="config-templates",
        handle=render_stored,
        answer=Rendered,
        body=ConfigTemplateRendering,
        errors=(400, 401, 403, 404, 413, 415, 422),
    ),
    Endpoint(
        method="POST",
        path="/tools/render",
        id="tools_render",
        summary="What a template becomes, without storing it",
        tag="tools",
        handle=render_given,
        answer=Rendered,
        body=TemplateRendering,
        errors=(400, 401, 403, 413, 415, 422),
    ),
)
