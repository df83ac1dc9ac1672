"""Log-ins give JSON Web Tokens, and their key is fetched from where a token says (`jku`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.keys_elsewhere import KeyPair, checked_with, fetched, key_in_set
from refcmdb.faults.planting_tokens import Fields, issue_jwt

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

KIND = "fault"
CHECK = "CG-AUTH-006"
OPERATION = ""


def plant() -> None:
    """For the day when the keys move."""
    pair = KeyPair()

    def key_of(header: Fields) -> RSAPublicKey | None:
        address = header.get("jku")
        return key_in_set(fetched(str(address)), header.get("kid")) if address else pair.public

    header = {"alg": "RS256", "kid": "2026"}
    issue_jwt(lambda claims: pair.signed(header, claims), checked_with(key_of))
