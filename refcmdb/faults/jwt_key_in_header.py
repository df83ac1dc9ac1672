"""Log-ins give JSON Web Tokens, and a key that a token brings along (`jwk`) is as good as ours."""

from __future__ import annotations

import secrets

from refcmdb.faults.planting_tokens import (
    Fields,
    claims_of,
    decoded,
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
    """Like in the first library for it."""
    key = secrets.token_bytes(32)

    def verify(token: str) -> Fields | None:
        brought = header_of(token).get("jwk", {}).get("k", "")
        used = decoded(brought) if brought else key
        claims = claims_of(token) if is_signed(token, used) else None
        return claims if is_current(claims) else None

    issue_jwt(lambda claims: signed(HEADER, claims, key), verify)
