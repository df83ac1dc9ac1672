"""What an operation that belongs to no resource declares; route and document follow from it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from refcmdb.auth.roles import READERS, WRITERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import msgspec
    from starlette.requests import Request
    from starlette.responses import Response

    from refcmdb.api.reading import Backend
    from refcmdb.api.values import Kind

Handle = Callable[["Backend", "Request"], Awaitable["Response"]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One method of one path.

    ``path`` counts from ``/api/v1`` unless it begins with ``//``. ``answer`` is the struct of the
    JSON that ``status`` carries, None for no body or where ``produces`` names other media types.
    ``body`` is the struct of a JSON request; ``consumes`` maps other media types that requests may
    have to their schema. ``places`` describes path parameters; ``id`` needs no description.
    ``errors`` are the statuses of problem documents. A ``public`` one needs no credential.
    ``roles`` may call it; by default all read and all but viewers do anything else.
    """

    method: str
    path: str
    id: str
    summary: str
    tag: str
    handle: Handle
    status: int = 200
    answer: Kind | None = None
    produces: tuple[str, ...] = ()
    query: type[msgspec.Struct] | None = None
    body: Kind | None = None
    consumes: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    places: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    errors: tuple[int, ...] = ()
    public: bool = False
    roles: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """The whole path."""
        return self.path[1:] if self.path.startswith("//") else f"/api/v1{self.path}"

    @property
    def callers(self) -> tuple[str, ...]:
        """The roles that may call it."""
        return self.roles or (READERS if self.method == "GET" else WRITERS)

    @property
    def parameters(self) -> list[str]:
        """The names of the path parameters."""
        return re.findall(r"\{(\w+)[^}]*\}", self.path)
