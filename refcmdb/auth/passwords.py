"""Passwords, stored with argon2id at OWASP's minimum cost (19 MiB, 2 passes, 1 lane)."""

from __future__ import annotations

import functools
import secrets

import argon2

_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def new_password() -> str:
    """One with 144 random bits, to be told once."""
    return secrets.token_urlsafe(18)


def hash_password(password: str) -> str:
    """What to store."""
    return _hasher.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Whether ``password`` is the one; as slow for a user who does not exist (None)."""
    try:
        _hasher.verify(stored or _nobody(), password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    return stored is not None


@functools.cache
def _nobody() -> str:
    return _hasher.hash("nobody")
