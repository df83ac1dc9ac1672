"""The sheet of a device shows the words of its comments as markup."""

from __future__ import annotations

from refcmdb.faults.planting import rewrite_template

KIND = "fault"
CHECK = "CG-XSS-001"
OPERATION = "devices_update"


def plant() -> None:
    """Comments were to have bold words."""
    rewrite_template(
        "device.html", "{% else %}{{ word.text }}", "{% else %}{{ word.text | safe }}"
    )
