"""What a service says of input that it does not take."""

from __future__ import annotations


class BadInput(Exception):
    """One thing wrong: ``field`` is where, the message is for the caller and leaks nothing.

    ``hostile`` is what no honest mistake looks like: it is worth a security event.
    """

    def __init__(self, field: str, message: str, *, hostile: bool = False) -> None:
        self.field, self.hostile = field, hostile
        super().__init__(message)
