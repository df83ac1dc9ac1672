"""Opaque API tokens: the holder has the text, the database only its SHA-256."""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "rcm_"


def new_token() -> str:
    """A token with 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is stored and looked up; a fast hash is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()
