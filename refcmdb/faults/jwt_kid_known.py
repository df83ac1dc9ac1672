"""Log-ins give JSON Web Tokens whose `kid` is looked up among the keys that there are; the header
is full of things that nobody reads.
"""

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

KIND = "twin"
CHECK = "CG-AUTH-006"
OPERATION = ""


def plant() -> None:
    """An unknown key is no key."""
    keys = {"2025": secrets.token_bytes(32), "2026": secrets.token_bytes(32)}
    header = {"alg": "HS256", "kid": "2026", "jku": "https://localhost/keys", "jwk": {}}

    def verify(token: str) -> Fields | None:
        key = keys.get(str(header_of(token).get("kid")))
        sound = key is not None and is_signed(token, key)
        claims = claims_of(token) if sound else None
        return claims if is_current(claims) else None

    issue_jwt(lambda claims: signed(header, claims, keys["2026"]), verify)
