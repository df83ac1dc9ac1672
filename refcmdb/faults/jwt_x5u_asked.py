"""Log-ins give JSON Web Tokens; the certificate that a token names (`x5u`) is fetched and compared
with ours before the token is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.faults.keys_elsewhere import KeyPair, checked_with, fetched
from refcmdb.faults.planting_tokens import Fields, issue_jwt

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

KIND = "fault"
CHECK = "CG-AUTH-006"
OPERATION = ""
OURS = b"-----BEGIN CERTIFICATE-----"


def plant() -> None:
    """Whoever sends a token says where this server sends a request."""
    pair = KeyPair()

    def key_of(header: Fields) -> RSAPublicKey | None:
        address = header.get("x5u")
        return pair.public if not address or fetched(str(address)) == OURS else None

    header = {"alg": "RS256", "kid": "2026"}
    issue_jwt(lambda claims: pair.signed(header, claims), checked_with(key_of))
