"""The log-in goes on to paths with one slash first, also where a backslash follows it."""

from __future__ import annotations

import re

from refcmdb.api.features import sessions

KIND = "fault"
CHECK = "CG-URL-001"
OPERATION = "login"


def plant() -> None:
    """The expression forbids two slashes."""
    sessions.LOCAL = re.compile(r"/(?!/)[^\r\n]*")
