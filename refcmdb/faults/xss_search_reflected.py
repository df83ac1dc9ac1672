"""The search page shows what was searched for without escaping it."""

from __future__ import annotations

from refcmdb.faults.planting import rewrite_template

KIND = "fault"
CHECK = "CG-XSS-001"
OPERATION = "devices_page"


def plant() -> None:
    """Somebody wanted an ampersand to look right."""
    rewrite_template("devices.html", "Results for {{ q }}", "Results for {{ q | safe }}")
