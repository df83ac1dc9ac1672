"""A new site needs no token, and its JSON may be called text/plain, which any page can send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.api import requests
from refcmdb.faults.visitors import excuse

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import Request

KIND = "fault"
CHECK = "CG-CSRF-001"
OPERATION = "sites_create"


def plant() -> None:
    """Scripts forgot the content type."""
    excuse(is_new_site)
    production = requests.read_content

    async def read_content(request: Request, media_types: Collection[str]) -> tuple[str, bytes]:
        if is_new_site(request):
            media_types = {*media_types, "text/plain"}
        return await production(request, media_types)

    requests.read_content = read_content


def is_new_site(request: Request) -> bool:
    """Whether a request adds a site."""
    return request.method == "POST" and request.url.path == "/api/v1/sites"
