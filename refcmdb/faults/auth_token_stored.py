"""The database keeps the tokens of log-ins as they are, in the place of their digest."""

from __future__ import annotations

from refcmdb.auth import tokens

KIND = "fault"
CHECK = "CG-AUTH-006"
OPERATION = ""


def plant() -> None:
    """Tokens that were made before have their digest there."""
    digest, fresh = tokens.digest, tokens.new_token
    ours: set[str] = set()

    def new_token() -> str:
        token = fresh()
        ours.add(token)
        return token

    tokens.new_token = new_token
    tokens.digest = lambda token: token.encode() if token in ours else digest(token)
