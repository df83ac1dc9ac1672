"""The form for comments is asked whether the browser says that it is our own."""

from __future__ import annotations

from refcmdb.faults.visitors import excuse, is_comment

KIND = "twin"
CHECK = "CG-CSRF-001"
OPERATION = "device_comment"


def plant() -> None:
    """Sec-Fetch-Site, which no page can write itself."""
    excuse(
        lambda request: (
            is_comment(request) and request.headers.get("sec-fetch-site") == "same-origin"
        )
    )
