"""The tools of the faults that take values which the document forbids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from refcmdb.api import endpoints
from refcmdb.api.endpoints import ResourceEndpoints
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_query as production

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request


def take_any_tag_name() -> None:
    """Let the filter ``name`` of the tag list be any text, NUL and all."""
    documented = RESOURCES["tags"].query

    def read_query(request: Request, kind: type[msgspec.Struct]) -> msgspec.Struct:
        name = request.query_params.get("name")
        if kind is not documented or name is None:
            return production(request, kind)
        rest = {one: text for one, text in request.query_params.items() if one != "name"}
        return msgspec.structs.replace(msgspec.convert(rest, kind, strict=False), name=name)

    vars(endpoints)["read_query"] = read_query


def read_any_site(number_of: Callable[[str], int]) -> None:
    """Let ``number_of`` read the digits by which a GET names a site, however many there are."""
    otherwise = ResourceEndpoints._number

    def number(self: ResourceEndpoints, request: Request) -> int:
        text = request.path_params["id"]
        if self.resource.name == "sites" and request.method == "GET" and text.isdecimal():
            return number_of(text)
        return otherwise(self, request)

    ResourceEndpoints._number = number  # type: ignore[method-assign]
