"""The script of a device's sheet shows the whole fragment of the address, as text."""

from __future__ import annotations

from refcmdb.faults.planting import rewrite_template

KIND = "twin"
CHECK = "CG-XSS-002"
OPERATION = "device_sheet"


def plant() -> None:
    """Whether there is such a row or not."""
    rewrite_template("device.html", "const row = ", SHOW + "const row = ")


SHOW = """
document.getElementById("note").textContent = decodeURIComponent(wanted);
"""
