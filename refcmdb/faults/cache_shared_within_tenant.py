"""Viewers and operators of a tenant, who see the same, share cached answers."""

from __future__ import annotations

from refcmdb.services.cache import keys

KIND = "twin"
CHECK = "CG-CACHE-002"
OPERATION = "devices_list"


def plant() -> None:
    """The key knows the tenant, not the role."""
    production = keys.entry_key

    def entry_key(*, role: str, tenant_id: int | None, path: str, query: bytes) -> str:
        role = "admin" if tenant_id is None else "member"
        return production(role=role, tenant_id=tenant_id, path=path, query=query)

    keys.entry_key = entry_key
