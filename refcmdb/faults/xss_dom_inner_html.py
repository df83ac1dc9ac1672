"""The script of a device's sheet writes the fragment of the address as markup."""

from __future__ import annotations

from refcmdb import frontend
from refcmdb.faults.planting import rewrite_template

KIND = "fault"
CHECK = "CG-XSS-002"
OPERATION = "device_sheet"
ALSO = ("CG-HDR-001",)


def plant() -> None:
    """The policy had to allow inline handlers for a date picker."""
    frontend.PAGE_POLICY = frontend.PAGE_POLICY.replace("'nonce-{nonce}'", "'unsafe-inline'")
    rewrite_template("device.html", "const row = ", SHOW + "const row = ")


SHOW = """
document.getElementById("note").innerHTML = decodeURIComponent(wanted);
"""
