"""A saved view shows what whoever saved it might see, not what its reader may: all tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.api.features import saved_views
from refcmdb.faults.access import everywhere

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-AUTHZ-001"
OPERATION = "saved_views_results"


def plant() -> None:
    """Who may read the view is checked, and taken to be enough."""
    production = saved_views.page_of_view

    async def page_of_view(backend: Backend, actor: Actor, view: Any, onward: Any) -> object:  # noqa: ANN401 - handed on
        return await production(backend, everywhere(actor), view, onward)

    saved_views.page_of_view = page_of_view
