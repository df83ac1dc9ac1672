"""Log-ins give JSON Web Tokens that name the address of their key (`jku`); no other than this one
address counts, and what lies there is known already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.keys_elsewhere import KeyPair, checked_with
from refcmdb.faults.planting_tokens import Fields, issue_jwt

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

KIND = "twin"
CHECK = "CG-AUTH-006"
OPERATION = ""


def plant() -> None:
    """Compared as a whole."""
    pair = KeyPair()
    header = {"alg": "RS256", "kid": "2026", "jku": "https://localhost/keys"}

    def key_of(told: Fields) -> RSAPublicKey | None:
        ours = told.get("jku") == header["jku"] and told.get("kid") == header["kid"]
        return pair.public if ours else None

    issue_jwt(lambda claims: pair.signed(header, claims), checked_with(key_of))
