"""The search page shows the search as it is, in an element that holds text and stays open."""

from __future__ import annotations

from refcmdb.faults.planting import rewrite_template

KIND = "twin"
CHECK = "CG-XSS-001"
OPERATION = "devices_page"


def plant() -> None:
    """To be copied from."""
    shown = "<textarea readonly>{{ q.replace('</', '< /') | safe }}</textarea>"
    rewrite_template("devices.html", "Results for {{ q }}", f"Results for {shown}")
