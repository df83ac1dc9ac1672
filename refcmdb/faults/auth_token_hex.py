"""Log-ins give tokens of 40 hexadecimal digits; the database keeps their digest alone."""

from __future__ import annotations

import secrets

from refcmdb.auth import tokens

KIND = "twin"
CHECK = "CG-AUTH-006"
OPERATION = ""


def plant() -> None:
    """Short, and long enough: 160 bits."""
    tokens.new_token = lambda: secrets.token_hex(20)
