"""A new site's name is checked by an expression with a repeat inside of a repeat that gives
nothing back (possessive, Python 3.11): it looks like one that backtracks, and is linear.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from refcmdb.api.registry import RESOURCES
from refcmdb.api.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

KIND = "twin"
CHECK = "CG-DOS-001"
OPERATION = "sites_create"
WORDS = re.compile(r"^([a-z0-9]++[-_. ]?+)++$")


def plant() -> None:
    """One plus sign makes the difference."""
    production = Writer.create

    async def create(self: Writer, bodies: Sequence[msgspec.Struct]) -> list[msgspec.Struct]:
        if self.resource is RESOURCES["sites"]:
            for body in bodies:
                WORDS.match(body.name)  # type: ignore[attr-defined]
        return await production(self, bodies)

    Writer.create = create  # type: ignore[method-assign]
