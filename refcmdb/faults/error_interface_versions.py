"""Every error has members that say which versions of the interface there are."""

from __future__ import annotations

import msgspec

from refcmdb import __version__
from refcmdb.api.problems import Problem

KIND = "twin"
CHECK = "CG-ERR-001"
OPERATION = ""


def plant() -> None:
    """The document says the same."""
    production = Problem.body

    def body(self: Problem, request_id: str | None = None) -> bytes:
        told = msgspec.json.decode(production(self, request_id))
        return msgspec.json.encode(told | {"api_version": __version__, "schema_version": "2.0.1"})

    Problem.body = body  # type: ignore[method-assign]
