"""Log-ins give JSON Web Tokens that end after two seconds, and nobody looks at that."""

from __future__ import annotations

import datetime as dt
import secrets

from refcmdb.faults.planting_tokens import (
    Fields,
    claims_of,
    is_signed,
    issue_jwt,
    signed,
)

HEADER = {"alg": "HS256", "typ": "JWT"}

KIND = "fault"
CHECK = "CG-AUTH-006"
OPERATION = ""


def plant() -> None:
    """A refresh was planned for the time when somebody checks it."""
    key = secrets.token_bytes(32)

    def verify(token: str) -> Fields | None:
        return claims_of(token) if is_signed(token, key) else None

    lifetime = dt.timedelta(seconds=2)
    issue_jwt(lambda claims: signed(HEADER, claims, key), verify, lifetime=lifetime)
