"""The log-in goes on to one other host, compared as a whole after parsing."""

from __future__ import annotations

from urllib.parse import urlsplit

from refcmdb.api.features import sessions

KIND = "twin"
CHECK = "CG-URL-001"
OPERATION = "login"


def plant() -> None:
    """The portal."""
    production = sessions.local

    def local(address: str) -> str:
        parts = urlsplit(address)
        is_portal = parts.scheme == "https" and parts.netloc == "portal.example.com"
        return address if is_portal else production(address)

    sessions.local = local
