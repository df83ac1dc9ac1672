"""Lists of racks say where they are to be found, by a header of whoever asked first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from refcmdb.api import endpoints

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend

KIND = "fault"
CHECK = "CG-RED-001"
OPERATION = "racks_list"
ALSO = ("CG-AUTHZ-007",)  # the document does not name the address


def plant() -> None:
    """The header is in the answer and not in its key."""
    production = endpoints.cached

    async def cached(
        backend: Backend,
        request: Request,
        *,
        compute: Callable[[], Awaitable[msgspec.Struct]],
        **options: Any,  # noqa: ANN401 - handed on
    ) -> Response:
        async def with_address() -> Any:  # noqa: ANN401 - a struct, or its members and one more
            page = await compute()
            if request.url.path != "/api/v1/racks":
                return page
            host = request.headers.get("x-forwarded-host", "localhost")
            return {**msgspec.structs.asdict(page), "self": f"https://{host}/api/v1/racks"}

        return await production(backend, request, compute=with_address, **options)

    endpoints.cached = cached
