"""A log-in stores the password anew, as argon2id with 1 MiB and one pass."""

from __future__ import annotations

import contextlib

import argon2

from refcmdb.faults.planting_passwords import rehash

KIND = "fault"
CHECK = "CG-AUTH-005"
OPERATION = ""


def plant() -> None:
    """The right function with the wrong numbers."""
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)

    def verify(stored: str, password: str) -> bool:
        with contextlib.suppress(argon2.exceptions.VerificationError):
            return hasher.verify(stored, password)
        return False

    rehash(hasher.hash, verify)
