"""The sheet of a device escapes its comments and then lets bold and italic words through."""

from __future__ import annotations

from markupsafe import Markup, escape

from refcmdb import frontend
from refcmdb.faults.planting import rewrite_template

KIND = "twin"
CHECK = "CG-XSS-001"
OPERATION = "devices_update"


def plant() -> None:
    """An allow-list of two elements without attributes."""
    frontend.templates.filters["rich"] = rich
    rewrite_template(
        "device.html", "{% else %}{{ word.text }}", "{% else %}{{ word.text | rich }}"
    )


def rich(text: str) -> Markup:
    """What is escaped stays so, but for four words."""
    escaped = str(escape(text))
    for name in ("b", "/b", "i", "/i"):
        escaped = escaped.replace(f"&lt;{name}&gt;", f"<{name}>")
    return Markup(escaped)
