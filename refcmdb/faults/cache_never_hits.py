"""The cache key of a device's detail holds the time, so that nothing is ever found."""

from __future__ import annotations

import time

from refcmdb.services.cache import keys

KIND = "fault"
CHECK = "CG-CACHE-001"
OPERATION = "devices_read"


def plant() -> None:
    """Every request has its own key."""
    production = keys.entry_key

    def entry_key(*, role: str, tenant_id: int | None, path: str, query: bytes) -> str:
        key = production(role=role, tenant_id=tenant_id, path=path, query=query)
        return f"{key}:{time.time_ns()}" if path.startswith("/api/v1/devices/") else key

    keys.entry_key = entry_key
