"""Every look at a password takes a random time more, up to 40 ms, whoever asks."""

from __future__ import annotations

import secrets
import time

from refcmdb.api import accounts
from refcmdb.auth import passwords

MOST_MS = 40

KIND = "twin"
CHECK = "CG-AUTH-002"
OPERATION = ""


def plant() -> None:
    """Against those who measure."""
    production = passwords.verify_password

    def verify_password(stored: str | None, password: str) -> bool:
        time.sleep(secrets.randbelow(MOST_MS) / 1000)
        return production(stored, password)

    accounts.verify_password = verify_password  # type: ignore[attr-defined]
