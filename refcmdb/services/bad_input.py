"""What a service says of input that it does not take."""

from __future__ import annotations


class BadInput(Exception):
    """One thing wrong: ``field`` is where, the message is for the caller and leaks nothing."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)
