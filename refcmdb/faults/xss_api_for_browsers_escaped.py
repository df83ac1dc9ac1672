"""Who asks the API for a device with a browser gets a page that escapes what it shows."""

from __future__ import annotations

import html

from refcmdb.faults.planting_pages import show_devices_to_browsers

KIND = "twin"
CHECK = "CG-XSS-001"
OPERATION = "devices_update"


def plant() -> None:
    """Handy for people who try the API, and safe."""
    show_devices_to_browsers(html.escape)
