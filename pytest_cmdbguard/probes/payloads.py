"""Payloads."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.ascii_lowercase + string.digits


def fresh_token() -> str:
    """A text that occurs nowhere yet: ``zq`` and ten of 36 characters (51 random bits).

    Letters first, so that outside a literal PostgreSQL reads it as an identifier; lower case, so
    that it survives ``upper()`` and ``lower()`` when searched without regard to case.
    """
    return "zq" + "".join(secrets.choice(_ALPHABET) for _ in range(10))
