"""A log-in stores the password anew, as its SHA-256."""

from __future__ import annotations

import hashlib

from refcmdb.faults.planting_passwords import rehash

KIND = "fault"
CHECK = "CG-AUTH-005"
OPERATION = ""


def plant() -> None:
    """Argon2 was slow under load."""

    def make(password: str) -> str:
        return "sha256$" + hashlib.sha256(password.encode()).hexdigest()

    rehash(make, lambda stored, password: stored == make(password))
