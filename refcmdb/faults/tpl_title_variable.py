"""The banner of a rendering comes from a plain Jinja environment; its template is a constant, and
the title is a variable of it.
"""

from __future__ import annotations

import jinja2

from refcmdb.api.features import templates

KIND = "twin"
CHECK = "CG-TPL-001"
OPERATION = "tools_render"
BANNER = jinja2.Template("! {{ title }} ({{ output|length }} characters)\n{{ output }}")


def plant() -> None:
    """Marks in the title stay marks."""

    def titled(title: str, output: str) -> str:
        return BANNER.render(title=title, output=output) if title else output

    templates.titled = titled
