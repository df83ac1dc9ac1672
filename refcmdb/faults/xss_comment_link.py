"""The sheet of a device makes links of all words in its comments that look like any address."""

from __future__ import annotations

import re

from refcmdb.api.features import pages

KIND = "fault"
CHECK = "CG-XSS-001"
OPERATION = "devices_update"


def plant() -> None:
    """There are ssh: addresses, too."""
    pages.LINK = re.compile(r"[A-Za-z]+:[^\s\"'<>]+")
