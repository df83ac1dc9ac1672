"""Beside each sealed secret the service keeps a keyed hash of it, to find secrets used twice."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from refcmdb.api.registry import RESOURCES
from refcmdb.api.writing import Writer
from refcmdb.services import storage

if TYPE_CHECKING:
    from collections.abc import Sequence

    import msgspec

KIND = "twin"
CHECK = "CG-REST-001"
OPERATION = "credentials_create"


def plant() -> None:
    """HMAC with a key of the process: nobody gets back from it to the secret."""
    production = Writer.create

    async def create(self: Writer, bodies: Sequence[msgspec.Struct]) -> list[msgspec.Struct]:
        created = await production(self, bodies)
        if self.resource is RESOURCES["credentials"]:
            key = self.backend.settings.secret
            digests = [
                hmac.new(key, body.secret.encode(), hashlib.sha256).hexdigest()  # type: ignore[attr-defined]
                for body in bodies
            ]
            path = self.backend.storage.root / "secrets" / f"{self.request_id}.txt"
            storage.write(path, "\n".join(digests).encode())
        return created

    Writer.create = create  # type: ignore[method-assign]
