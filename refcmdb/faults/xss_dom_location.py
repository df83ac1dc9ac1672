"""The search page goes on to whatever address its fragment holds."""

from __future__ import annotations

from refcmdb import frontend
from refcmdb.faults.planting import rewrite_template

KIND = "fault"
CHECK = "CG-XSS-002"
OPERATION = "devices_page"
ALSO = ("CG-HDR-001",)


def plant() -> None:
    """Bookmarks of the old user interface had pages in the fragment."""
    frontend.PAGE_POLICY = frontend.PAGE_POLICY.replace("'nonce-{nonce}'", "'unsafe-inline'")
    rewrite_template("devices.html", "<h1>Devices</h1>", "<h1>Devices</h1>" + GO_ON)


GO_ON = """
<script nonce="{{ nonce }}">
if (location.hash) location.href = decodeURIComponent(location.hash.slice(1));
</script>
"""
