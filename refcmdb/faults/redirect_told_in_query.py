"""The log-in goes on to the first page and tells it in the query where it did not go."""

from __future__ import annotations

from urllib.parse import quote

from refcmdb.api.features import sessions

KIND = "twin"
CHECK = "CG-URL-001"
OPERATION = "login"


def plant() -> None:
    """To show a warning there."""
    production = sessions.local

    def local(address: str) -> str:
        kept = production(address)
        return kept if kept == address else f"{kept}?from={quote(address, safe='')}"

    sessions.local = local
