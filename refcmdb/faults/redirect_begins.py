"""The log-in goes on to what begins like the address of this server."""

from __future__ import annotations

import re

from refcmdb.api.features import sessions

KIND = "fault"
CHECK = "CG-URL-001"
OPERATION = "login"


def plant() -> None:
    """Links in mails are whole addresses."""
    production = sessions.local
    own = re.compile(r"https?://127\.0\.0\.1")
    sessions.local = lambda address: address if own.match(address) else production(address)
