"""What faults and twins of forged requests have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import endpoints
from refcmdb.auth import sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from refcmdb.api.reading import Backend
    from refcmdb.auth.actors import Actor


def excuse(is_excused: Callable[[Request], bool]) -> None:
    """Let some requests do without the token of their session."""
    production = endpoints.who_asks

    async def who_asks(
        backend: Backend, request: Request, *, csrf_token: str | None = None
    ) -> Actor:
        session = sessions.text_of(request)
        if "authorization" not in request.headers and session and is_excused(request):
            return await sessions.actor_of(backend.database, session)
        return await production(backend, request, csrf_token=csrf_token)

    endpoints.who_asks = who_asks


def is_comment(request: Request) -> bool:
    """Whether a request writes a comment."""
    return request.url.path.endswith("/comments")


def changes_a_site(request: Request) -> bool:
    """Whether a request changes a site."""
    return request.method == "PATCH" and request.url.path.startswith("/api/v1/sites/")
