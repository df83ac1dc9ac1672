"""The landing page has no Content-Security-Policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.middleware.security import headers

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "fault"
CHECK = "CG-HDR-001"
OPERATION = "landing"


def plant() -> None:
    """The policy was in the way of a stylesheet."""
    production = headers.headers_for

    def headers_for(path: str, status: int, media_type: str) -> Mapping[str, str]:
        secure = production(path, status, media_type)
        lacking = "content-security-policy" if path == "/" else ""
        return {name: value for name, value in secure.items() if name != lacking}

    headers.headers_for = headers_for
