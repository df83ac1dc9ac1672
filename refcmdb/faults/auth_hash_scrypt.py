"""A log-in stores the password anew, as scrypt with N 2^14, r 8, p 5."""

from __future__ import annotations

import hashlib
import secrets

from refcmdb.faults.planting_passwords import rehash

KIND = "twin"
CHECK = "CG-AUTH-005"
OPERATION = ""


def made(password: str, salt: str) -> str:
    """In Werkzeug's spelling; as strong as N 2^17 with p 1, with less memory."""
    digest = hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**14, r=8, p=5)
    return f"scrypt:16384:8:5${salt}${digest.hex()[:64]}"


def plant() -> None:
    """Another function that is slow enough."""
    rehash(
        lambda password: made(password, secrets.token_hex(8)),
        lambda stored, password: stored == made(password, stored.split("$")[1]),
    )
