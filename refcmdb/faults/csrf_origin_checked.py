"""The form for comments is asked for its Origin instead of a token, as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.visitors import excuse, is_comment

if TYPE_CHECKING:
    from starlette.requests import Request

KIND = "twin"
CHECK = "CG-CSRF-001"
OPERATION = "device_comment"


def plant() -> None:
    """Every browser sends it with a POST."""
    excuse(lambda request: is_comment(request) and is_ours(request))


def is_ours(request: Request) -> bool:
    """Whether the page is ours."""
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return request.headers.get("origin") == own
