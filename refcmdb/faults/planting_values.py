"""The tools of the faults that take values which the document forbids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from refcmdb.api import endpoints
from refcmdb.api.registry import RESOURCES
from refcmdb.api.requests import read_query as production

if TYPE_CHECKING:
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
