"""Wrong log-ins are counted per user and address, and the address is whatever the first
X-Forwarded-For says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.auth import throttling

if TYPE_CHECKING:
    from starlette.requests import Request

KIND = "fault"
CHECK = "CG-AUTH-001"
OPERATION = ""


def plant() -> None:
    """Behind a balancer this seemed to work."""
    production = throttling.names_of

    def names_of(request: Request, username: str) -> list[str]:
        address = request.headers.get("x-forwarded-for", "direct")
        user, other = production(request, f"{username}/{address}")
        return [user, other]

    throttling.names_of = names_of
