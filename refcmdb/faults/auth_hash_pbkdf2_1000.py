"""A log-in stores the password anew, as PBKDF2 with 1,000 rounds."""

from __future__ import annotations

import hashlib
import secrets

from refcmdb.faults.planting_passwords import rehash

KIND = "fault"
CHECK = "CG-AUTH-005"
OPERATION = ""


def made(password: str, salt: str) -> str:
    """In Django's spelling."""
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 1000)
    return f"pbkdf2_sha256$1000${salt}${digest.hex()}"


def plant() -> None:
    """The number of twenty years ago."""
    rehash(
        lambda password: made(password, secrets.token_hex(8)),
        lambda stored, password: stored == made(password, stored.split("$")[2]),
    )
