"""Tokens are the time and a number, which the next one follows."""

from __future__ import annotations

import itertools
import time

from refcmdb.auth import tokens

KIND = "fault"
CHECK = "CG-AUTH-006"
OPERATION = ""


def plant() -> None:
    """Unique, after all."""
    numbers = itertools.count(1000)

    def new_token() -> str:
        return f"{tokens.PREFIX}{int(time.time()):016x}{next(numbers):016x}"

    tokens.new_token = new_token
