"""A new site's name is checked by an expression with a repeat inside of a repeat: each further
character of a name that does not fit doubles the work.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from refcmdb.api.registry import RESOURCES
from refcmdb.api.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

KIND = "fault"
CHECK = "CG-DOS-001"
OPERATION = "sites_create"
WORDS = re.compile(r"^([a-z0-9]+[-_. ]?)+$")
LONGEST = 27


def plant() -> None:
    """Names that are not made of words are taken, too: somebody only wanted to know."""
    production = Writer.create

    async def create(self: Writer, bodies: Sequence[msgspec.Struct]) -> list[msgspec.Struct]:
        if self.resource is RESOURCES["sites"]:
            for body in bodies:
                # the machine of whoever plants this shall survive it
                WORDS.match(body.name[:LONGEST])  # type: ignore[attr-defined]
        return await production(self, bodies)

    Writer.create = create  # type: ignore[method-assign]
