"""A star stands beside the word for credentials, which browsers refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.middleware.security import cors

if TYPE_CHECKING:
    from collections.abc import Collection

KIND = "twin"
CHECK = "CG-HDR-003"
OPERATION = "devices_list"


def plant() -> None:
    """It works for nobody."""
    cors.headers_for = headers_for


def headers_for(origin: str, origins: Collection[str]) -> dict[str, str]:
    """What an answer to a page of an origin says."""
    del origin, origins
    return {"access-control-allow-origin": "*", "access-control-allow-credentials": "true"}
