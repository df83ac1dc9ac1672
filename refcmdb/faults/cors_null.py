"""The origin null may read, with credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.middleware.security import cors

if TYPE_CHECKING:
    from collections.abc import Collection

KIND = "fault"
CHECK = "CG-HDR-003"
OPERATION = "devices_list"


def plant() -> None:
    """A page was opened from a file."""
    cors.headers_for = headers_for


def headers_for(origin: str, origins: Collection[str]) -> dict[str, str]:
    """What an answer to a page of an origin says."""
    allowed = origin in origins or origin == "null"
    return (
        {"access-control-allow-origin": origin, "access-control-allow-credentials": "true"}
        if allowed
        else {}
    )
