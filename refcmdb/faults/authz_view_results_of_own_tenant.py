"""A saved view is run for all tenants, with the reader's own as its filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from refcmdb.api import reading
from refcmdb.api.features import saved_views
from refcmdb.api.registry import resource_at
from refcmdb.api.saved_queries import saved_query
from refcmdb.faults.access import everywhere

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor

KIND = "twin"
CHECK = "CG-AUTHZ-001"
OPERATION = "saved_views_results"


def plant() -> None:
    """The same rows by another condition; resources of all tenants have none."""
    production = saved_views.page_of_view

    async def page_of_view(backend: Backend, actor: Actor, view: Any, onward: Any) -> object:  # noqa: ANN401 - handed on
        resource = resource_at(view.resource)
        if actor.tenant_id is None or "tenant_id" not in resource.filters:
            return await production(backend, actor, view, onward)
        query = msgspec.structs.replace(
            saved_query(resource, view.query), cursor=onward.cursor, tenant_id=actor.tenant_id
        )
        return await reading.list_page(backend, resource, everywhere(actor), query)

    saved_views.page_of_view = page_of_view
