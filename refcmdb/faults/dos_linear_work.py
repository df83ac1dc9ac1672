"""A configuration template is read character by character, slowly: twice as long is twice the
work.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from refcmdb.api.registry import RESOURCES
from refcmdb.api.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

KIND = "twin"
CHECK = "CG-DOS-001"
OPERATION = "config_templates_create"
ROUNDS = 12


def plant() -> None:
    """Each character costs the same."""
    production = Writer.create

    async def create(self: Writer, bodies: Sequence[msgspec.Struct]) -> list[msgspec.Struct]:
        if self.resource is RESOURCES["config_templates"]:
            for body in bodies:
                for letter in body.body:  # type: ignore[attr-defined]
                    hashlib.pbkdf2_hmac("sha256", letter.encode(), b"salt", ROUNDS)
        return await production(self, bodies)

    Writer.create = create  # type: ignore[method-assign]
