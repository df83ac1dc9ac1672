"""The log-in page writes where to go next into an attribute without quotes."""

from __future__ import annotations

import re

from refcmdb.api.features import sessions
from refcmdb.faults.planting import rewrite_template

KIND = "fault"
CHECK = "CG-XSS-001"
OPERATION = "login_page"


def plant() -> None:
    """The value is checked to be a path, and a path may hold blanks here."""
    sessions.LOCAL = re.compile(r"/(?![/\\])[^\r\n]*")
    rewrite_template("login.html", 'value="{{ next }}"', "value={{ next }}")
