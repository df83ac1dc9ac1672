"""For every change of a device's comments a key is derived: conspicuously much work, and the same
for two characters and for two thousand.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from refcmdb.api.registry import RESOURCES
from refcmdb.api.writing import Writer

if TYPE_CHECKING:
    import msgspec

KIND = "twin"
CHECK = "CG-DOS-001"
OPERATION = "devices_update"
ROUNDS = 60_000


def plant() -> None:
    """As log-ins do."""
    production = Writer.patch

    async def patch(self: Writer, number: int, patch: msgspec.Struct) -> msgspec.Struct:
        comments = getattr(patch, "comments", None)
        if self.resource is RESOURCES["devices"] and isinstance(comments, str):
            hashlib.pbkdf2_hmac("sha256", comments.encode(), b"salt", ROUNDS)
        return await production(self, number, patch)

    Writer.patch = patch  # type: ignore[method-assign]
