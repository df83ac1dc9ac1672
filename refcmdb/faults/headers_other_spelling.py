"""All security headers are there, in other valid spellings, orders and equally strict values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.middleware.security import headers

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "twin"
CHECK = "CG-HDR-001"
OPERATION = "landing"

OTHERWISE = {
    "Permissions-Policy": "usb=(), payment=(), microphone=(), geolocation=(), camera=()",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": 'max-age="63072000" ; preload;  includeSubDomains',
    "X-Content-Type-Options": "NoSniff",
    "X-Frame-Options": "deny",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def plant() -> None:
    """Somebody else wrote them."""
    production = headers.headers_for

    def headers_for(path: str, status: int, media_type: str) -> Mapping[str, str]:
        policy = production(path, status, media_type)["content-security-policy"]
        backwards = "; ".join(reversed(policy.split("; ")))
        return {**OTHERWISE, "Content-Security-Policy": f"{backwards};"}

    headers.headers_for = headers_for
