"""The script of a device's sheet writes the fragment with innerHTML, escaped before."""

from __future__ import annotations

from refcmdb.faults.planting import rewrite_template

KIND = "twin"
CHECK = "CG-XSS-002"
OPERATION = "device_sheet"


def plant() -> None:
    """With a line of its own around it."""
    rewrite_template("device.html", "const row = ", SHOW + "const row = ")


SHOW = """
const text = document.createElement("i");
text.textContent = decodeURIComponent(wanted);
document.getElementById("note").innerHTML = `<b>${text.innerHTML}</b>`;
"""
