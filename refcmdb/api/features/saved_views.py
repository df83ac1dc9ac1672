"""What a saved view shows: always what its reader may see, whoever saved it."""

# No postponed annotations here: msgspec reads them at run time.

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from refcmdb.api import reading
from refcmdb.api.endpoints import json_response, who_asks
from refcmdb.api.features.endpoint import Endpoint
from refcmdb.api.reading import Backend
from refcmdb.api.registry import RESOURCES, resource_at
from refcmdb.api.requests import read_query, require_id
from refcmdb.api.saved_queries import saved_query
from refcmdb.api.values import Cursor
from refcmdb.auth.actors import Actor


class Onward(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Which page."""

    cursor: Cursor | UnsetType = UNSET


class SavedPage(msgspec.Struct):
    """A page of the list; ``next`` is null on the last one, ``count`` where the view asks."""

    items: list[dict[str, Any]]
    next: str | None
    count: int | UnsetType = UNSET


async def results(backend: Backend, request: Request) -> Response:
    """One page of what the view asks for. Raises: Problem 404, 422 for a cursor of another."""
    actor = await who_asks(backend, request)
    onward = read_query(request, Onward)
    views = RESOURCES["saved_views"]
    number = require_id(request, views.singular)
    view: Any = await reading.read_detail(backend, views, actor, number)
    return json_response(await page_of_view(backend, actor, view, onward))


async def page_of_view(backend: Backend, actor: Actor, view: Any, onward: Onward) -> object:  # noqa: ANN401 - an item
    """The page, as ``actor`` sees it."""
    resource = resource_at(view.resource)
    query = msgspec.structs.replace(saved_query(resource, view.query), cursor=onward.cursor)
    return await reading.list_page(backend, resource, actor, query)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/saved-views/{id}/results",
        id="saved_views_results",
        summary="What a saved view shows to who asks",
        tag="saved-views",
        handle=results,
        query=Onward,
        answer=SavedPage,
        errors=(401, 404, 422),
    ),
)
