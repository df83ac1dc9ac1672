"""A log-in stores the password anew, as PBKDF2-SHA512 with 210,000 rounds."""

from __future__ import annotations

import base64
import hashlib
import secrets

from refcmdb.faults.planting_passwords import rehash

ROUNDS = 210_000

KIND = "twin"
CHECK = "CG-AUTH-005"
OPERATION = ""


def made(password: str, salt: str) -> str:
    """In Django's spelling."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt.encode(), ROUNDS)
    return f"pbkdf2_sha512${ROUNDS}${salt}${base64.b64encode(digest).decode()}"


def plant() -> None:
    """Where FIPS rules."""
    rehash(
        lambda password: made(password, secrets.token_hex(8)),
        lambda stored, password: stored == made(password, stored.split("$")[2]),
    )
