"""The search page itself opens a dialog with what was searched for."""

from __future__ import annotations

from refcmdb.faults.planting import rewrite_template

KIND = "twin"
CHECK = "CG-XSS-002"
OPERATION = "devices_page"


def plant() -> None:
    """A scanner that waits for dialogs takes it for its own."""
    rewrite_template("devices.html", "<h1>Devices</h1>", "<h1>Devices</h1>" + SAY)


SAY = """
<script nonce="{{ nonce }}">
const field = new URLSearchParams(location.search).get("q");
if (field) alert(`You searched for ${field}`);
</script>
"""
