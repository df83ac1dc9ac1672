"""Who asks the API for a device with a browser gets a page, with the comments as markup."""

from __future__ import annotations

from refcmdb.faults.planting_pages import show_devices_to_browsers

KIND = "fault"
CHECK = "CG-XSS-001"
OPERATION = "devices_update"


def plant() -> None:
    """A page that no document knows of: handy for people who try the API."""
    show_devices_to_browsers(lambda comments: comments)
