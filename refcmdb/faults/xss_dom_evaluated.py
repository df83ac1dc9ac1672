"""The script of a device sheet evaluates a text that has the fragment of the address in it."""

from __future__ import annotations

from refcmdb import frontend
from refcmdb.faults.planting import rewrite_template

KIND = "fault"
CHECK = "CG-XSS-002"
OPERATION = "device_sheet"
ALSO = ("CG-HDR-001",)


def plant() -> None:
    """A timer with a text instead of a function."""
    frontend.PAGE_POLICY = frontend.PAGE_POLICY.replace("script-src", "script-src 'unsafe-eval'")
    rewrite_template("device.html", "const row = ", LATER + "const row = ")


LATER = """
setTimeout("document.title = '" + decodeURIComponent(wanted) + "'", 0);
"""
