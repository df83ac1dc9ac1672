"""The search page shows what was searched for as numeric character references."""

from __future__ import annotations

from markupsafe import Markup

from refcmdb import frontend
from refcmdb.faults.planting import rewrite_template

KIND = "twin"
CHECK = "CG-XSS-001"
OPERATION = "devices_page"


def plant() -> None:
    """Another way of escaping."""
    frontend.templates.filters["numbered"] = numbered
    rewrite_template("devices.html", "Results for {{ q }}", "Results for {{ q | numbered }}")


def numbered(text: str) -> Markup:
    """Every character as its number."""
    return Markup("".join(f"&#x{ord(character):x};" for character in text))
