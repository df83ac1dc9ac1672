"""The search page has a script with the search in it as JSON that no element can end."""

from __future__ import annotations

from refcmdb.faults.planting import rewrite_template

KIND = "twin"
CHECK = "CG-XSS-002"
OPERATION = "devices_page"


def plant() -> None:
    """Made by the filter that is there for it."""
    rewrite_template("devices.html", "<h1>Devices</h1>", "<h1>Devices</h1>" + TITLE)


TITLE = """
<script nonce="{{ nonce }}">
document.title = "Devices with " + {{ q | tojson }};
</script>
"""
