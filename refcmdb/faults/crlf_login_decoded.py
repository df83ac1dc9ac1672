"""The log-in decodes the path that it goes on to before it becomes a header."""

from __future__ import annotations

from urllib.parse import unquote

from refcmdb.api.features import sessions
from refcmdb.faults.pages import trust_header_values

KIND = "fault"
CHECK = "CG-CRLF-001"
OPERATION = "login"


def plant() -> None:
    """Umlauts were to be readable."""
    trust_header_values()
    production = sessions.see
    sessions.see = lambda address: production(unquote(address, "latin-1"))
