"""The title of a rendering becomes part of the banner's template, and is evaluated with it."""

from __future__ import annotations

import jinja2

from refcmdb import __version__
from refcmdb.api.features import templates
from refcmdb.api.problems import invalid

KIND = "fault"
CHECK = "CG-TPL-001"
OPERATION = "tools_render"


def plant() -> None:
    """The banner is ours, and the title is in it."""

    def titled(title: str, output: str) -> str:
        banner = f"! {title} (refcmdb {{{{ version }}}})\n"
        try:
            return str(jinja2.Template(banner).render(version=__version__)) + output
        except (jinja2.TemplateError, TypeError, ValueError) as error:
            raise invalid("title", "cannot be shown") from error

    templates.titled = titled
