"""Log-ins give JSON Web Tokens that are signed with the word of the tutorial."""

from __future__ import annotations

from refcmdb.faults.planting_tokens import (
    Fields,
    claims_of,
    is_current,
    is_signed,
    issue_jwt,
    signed,
)

HEADER = {"alg": "HS256", "typ": "JWT"}

KIND = "fault"
CHECK = "CG-AUTH-006"
OPERATION = ""


def plant() -> None:
    """It was to come from the environment."""
    key = b"secret"

    def verify(token: str) -> Fields | None:
        claims = claims_of(token) if is_signed(token, key) else None
        return claims if is_current(claims) else None

    issue_jwt(lambda claims: signed(HEADER, claims, key), verify)
