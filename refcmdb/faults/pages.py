"""What faults and twins of the pages' headers have in common."""

# No postponed annotations here: msgspec reads them at run time.

import dataclasses
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from uvicorn.protocols.http import httptools_impl

from refcmdb.api import features
from refcmdb.api.features import pages

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend


class AnySearch(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the search page takes, line ends and all; it searches for the first line."""

    q: Annotated[str, Meta(max_length=100)] = ""

    def __post_init__(self) -> None:
        """Keep the first line."""
        msgspec.structs.force_setattr(self, "q", "".join(self.q.splitlines()[:1]))


def echo_search(write: Callable[[str], str]) -> None:
    """Let the search page say in a header what was searched for, as ``write`` makes of it."""
    production = pages.search
    pages.Search = AnySearch  # type: ignore[assignment,misc]

    async def search(backend: "Backend", request: Request) -> Response:
        response = await production(backend, request)
        written = write(request.query_params.get("q", ""))
        response.raw_headers.append((b"x-search", written.encode("latin-1", "ignore")))
        return response

    features.ENDPOINTS = tuple(
        dataclasses.replace(endpoint, handle=search) if endpoint.id == "devices_page" else endpoint
        for endpoint in features.ENDPOINTS
    )


def trust_header_values() -> None:
    """Let the server write header values as they are: many do, uvicorn looks for line ends."""
    httptools_impl.HEADER_VALUE_RE = re.compile(rb"(?!)")
