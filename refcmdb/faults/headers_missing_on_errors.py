"""The errors of a device's detail lack Content-Security-Policy and X-Content-Type-Options."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from refcmdb.middleware.security import headers

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "fault"
CHECK = "CG-HDR-001"
OPERATION = "devices_read"
LACKING = {"content-security-policy", "x-content-type-options"}


def plant() -> None:
    """Errors leave by another way than answers."""
    production = headers.headers_for

    def headers_for(path: str, status: int, media_type: str) -> Mapping[str, str]:
        secure = production(path, status, media_type)
        if status < 400 or not re.fullmatch(r"/api/v1/devices/[^/]+", path):
            return secure
        return {name: value for name, value in secure.items() if name not in LACKING}

    headers.headers_for = headers_for
