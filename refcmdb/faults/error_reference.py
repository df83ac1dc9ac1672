"""Every error carries a reference, a link to its description and the version of the API."""

from __future__ import annotations

import secrets

from refcmdb import __version__
from refcmdb.api.problems import Problem

KIND = "twin"
CHECK = "CG-ERR-001"
OPERATION = ""


def plant() -> None:
    """Nothing of it is from the inside."""
    production = Problem.body

    def body(self: Problem, request_id: str | None = None) -> bytes:
        self.detail += f" (error {secrets.token_hex(6)}, refcmdb API {__version__})"
        return production(self, request_id)

    Problem.body = body  # type: ignore[method-assign]
