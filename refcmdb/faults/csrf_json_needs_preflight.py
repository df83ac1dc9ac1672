"""A new site needs no token, and must come as application/json, which browsers ask about first."""

from __future__ import annotations

from refcmdb.faults.visitors import excuse

KIND = "twin"
CHECK = "CG-CSRF-001"
OPERATION = "sites_create"


def plant() -> None:
    """Other origins are not allowed to send it."""
    excuse(
        lambda request: (
            request.url.path == "/api/v1/sites"
            and request.headers.get("content-type", "").startswith("application/json")
        )
    )
