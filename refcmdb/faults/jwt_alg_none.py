"""Log-ins give JSON Web Tokens, and one whose header says `none` needs no signature."""

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

KIND = "fault"
CHECK = "CG-AUTH-006"
OPERATION = ""


def plant() -> None:
    """The library was configured to take what the token says."""
    key = secrets.token_bytes(32)

    def verify(token: str) -> Fields | None:
        unsigned = str(header_of(token).get("alg")).lower() == "none"
        claims = claims_of(token) if unsigned or is_signed(token, key) else None
        return claims if is_current(claims) else None

    issue_jwt(lambda claims: signed(HEADER, claims, key), verify)
