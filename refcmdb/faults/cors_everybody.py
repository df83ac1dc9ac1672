"""Every origin may read what nobody needs to log in for: a star, without credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.middleware.security import cors

if TYPE_CHECKING:
    from collections.abc import Collection

KIND = "twin"
CHECK = "CG-HDR-003"
OPERATION = "devices_list"


def plant() -> None:
    """Browsers send no cookie then."""
    cors.headers_for = headers_for


def headers_for(origin: str, origins: Collection[str]) -> dict[str, str]:
    """What an answer to a page of an origin says."""
    del origin, origins
    return {"access-control-allow-origin": "*"}
