"""No password is hashed for a name that nobody has, so its answer comes many times sooner."""

from __future__ import annotations

from refcmdb.api import accounts
from refcmdb.auth import passwords

KIND = "fault"
CHECK = "CG-AUTH-002"
OPERATION = ""


def plant() -> None:
    """Why waste the time?"""
    production = passwords.verify_password

    def verify_password(stored: str | None, password: str) -> bool:
        return stored is not None and production(stored, password)

    accounts.verify_password = verify_password  # type: ignore[attr-defined]
