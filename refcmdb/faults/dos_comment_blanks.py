"""The blanks at the end of a device's comments are taken away by an expression with two repeats
side by side: twice as many blanks before another character are eight times the work.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from refcmdb.api.registry import RESOURCES
from refcmdb.api.writing import Writer

KIND = "fault"
CHECK = "CG-DOS-001"
OPERATION = "devices_update"
BLANKS = re.compile(r"\s+\s*$")
LONGEST = 801


def plant() -> None:
    """What ``str.rstrip`` does."""
    production = Writer.patch

    async def patch(self: Writer, number: int, patch: msgspec.Struct) -> msgspec.Struct:
        comments: Any = getattr(patch, "comments", None)
        if self.resource is RESOURCES["devices"] and isinstance(comments, str):
            # the machine of whoever plants this shall survive it
            kept, rest = comments[:LONGEST], comments[LONGEST:]
            patch = msgspec.structs.replace(patch, comments=BLANKS.sub("", kept) + rest)
        return await production(self, number, patch)

    Writer.patch = patch  # type: ignore[method-assign]
