"""The banner of a rendering is a ``string.Template`` with the title in its text: it replaces the
names that we give it, and evaluates nothing.
"""

from __future__ import annotations

import string

from refcmdb import __version__
from refcmdb.api.features import templates

KIND = "twin"
CHECK = "CG-TPL-001"
OPERATION = "tools_render"


def plant() -> None:
    """``$version`` in a title becomes the version, which everybody may know."""

    def titled(title: str, output: str) -> str:
        banner = string.Template(f"! {title}\n").safe_substitute(version=__version__)
        return banner + output if title else output

    templates.titled = titled
