"""All sessions have the same token, so that of anybody's page does."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from refcmdb.middleware.security import csrf

if TYPE_CHECKING:
    from refcmdb.auth.actors import Actor

KIND = "fault"
CHECK = "CG-CSRF-001"
OPERATION = "device_comment"


def plant() -> None:
    """Signed, with the key alone."""

    def token_for(secret: bytes, actor: Actor) -> str:
        del actor
        return hmac.digest(secret, b"csrf", hashlib.sha256).hex()

    csrf.token_for = token_for
