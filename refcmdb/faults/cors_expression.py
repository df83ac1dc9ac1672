"""Origins are compared with an expression that has no end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from refcmdb.middleware.security import cors

if TYPE_CHECKING:
    from collections.abc import Collection

KIND = "fault"
CHECK = "CG-HDR-003"
OPERATION = "devices_list"


def plant() -> None:
    """For every port on this machine."""
    cors.headers_for = headers_for


def headers_for(origin: str, origins: Collection[str]) -> dict[str, str]:
    """What an answer to a page of an origin says."""
    allowed = origin in origins or re.match(r"https?://(localhost|127\.0\.0\.1)", origin)
    return (
        {"access-control-allow-origin": origin, "access-control-allow-credentials": "true"}
        if allowed
        else {}
    )
