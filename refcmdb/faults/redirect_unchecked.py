"""The log-in goes on to whatever address it was given."""

from __future__ import annotations

from refcmdb.api.features import sessions

KIND = "fault"
CHECK = "CG-URL-001"
OPERATION = "login"


def plant() -> None:
    """The portal logs people in here, too."""
    sessions.local = lambda address: address
