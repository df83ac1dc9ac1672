"""The form for comments is asked for its Origin, of which the beginning counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.visitors import excuse, is_comment

if TYPE_CHECKING:
    from starlette.requests import Request

KIND = "fault"
CHECK = "CG-CSRF-001"
OPERATION = "device_comment"


def plant() -> None:
    """Instead of the token."""
    excuse(lambda request: is_comment(request) and begins(request))


def begins(request: Request) -> bool:
    """Whether the page lies on a host that begins like ours, at whatever port."""
    origin = request.headers.get("origin", "")
    return origin.startswith(f"{request.url.scheme}://{request.url.hostname}")
