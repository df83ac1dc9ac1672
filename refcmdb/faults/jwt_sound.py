"""Log-ins give JSON Web Tokens of a pinned algorithm and a random key, with an end."""

from __future__ import annotations

import secrets

from refcmdb.faults.planting_tokens import (
    Fields,
    claims_of,
    header_of,
    is_current,
    is_signed,
    issue_jwt,
    signed,
)

HEADER = {"alg": "HS256", "typ": "JWT"}

KIND = "twin"
CHECK = "CG-AUTH-006"
OPERATION = ""


def plant() -> None:
    """What the token says of its algorithm must be what we use."""
    key = secrets.token_bytes(32)

    def verify(token: str) -> Fields | None:
        sound = header_of(token).get("alg") == "HS256" and is_signed(token, key)
        claims = claims_of(token) if sound else None
        return claims if is_current(claims) else None

    issue_jwt(lambda claims: signed(HEADER, claims, key), verify)
