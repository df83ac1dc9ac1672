"""The search page has a script with the search in a template literal, escaped for HTML only."""

from __future__ import annotations

from refcmdb.faults.planting import rewrite_template

KIND = "fault"
CHECK = "CG-XSS-002"
OPERATION = "devices_page"


def plant() -> None:
    """The nonce is right, so the policy lets it run."""
    rewrite_template("devices.html", "<h1>Devices</h1>", "<h1>Devices</h1>" + TITLE)


TITLE = """
<script nonce="{{ nonce }}">
document.title = `Devices ${"with"} {{ q }}`;
</script>
"""
