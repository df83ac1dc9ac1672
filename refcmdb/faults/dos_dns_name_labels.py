"""The DNS name of an IP address passes its pattern first, and then an expression for labels that
can take the same letters in many ways.
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
OPERATION = "ip_addresses_create"
LABELS = re.compile(r"^(?:[a-z]+[0-9]*-?)+\.?$")
LONGEST = 27


def plant() -> None:
    """An underscore is allowed by the one and not by the other."""
    production = Writer.create

    async def create(self: Writer, bodies: Sequence[msgspec.Struct]) -> list[msgspec.Struct]:
        if self.resource is RESOURCES["ip_addresses"]:
            for body in bodies:
                # the machine of whoever plants this shall survive it
                LABELS.match((body.dns_name or "")[:LONGEST])  # type: ignore[attr-defined]
        return await production(self, bodies)

    Writer.create = create  # type: ignore[method-assign]
