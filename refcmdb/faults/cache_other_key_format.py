"""Cache keys are spelled out instead of hashed."""

from __future__ import annotations

from refcmdb.services.cache import keys

KIND = "twin"
CHECK = "CG-CACHE-001"
OPERATION = "devices_read"


def plant() -> None:
    """The same parts in another form."""

    def entry_key(*, role: str, tenant_id: int | None, path: str, query: bytes) -> str:
        return f"v2|{path}|{query.decode()}|{role}|{tenant_id}"

    keys.entry_key = entry_key
