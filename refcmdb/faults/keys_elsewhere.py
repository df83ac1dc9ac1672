"""What faults and twins of tokens whose key lies elsewhere have in common."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from refcmdb.faults.asking import asked
from refcmdb.faults.planting_tokens import (
    Fields,
    claims_of,
    decoded,
    encoded,
    header_of,
    is_current,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class KeyPair:
    """An RSA key that signs tokens."""

    def __init__(self) -> None:
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.public = self._private.public_key()

    def signed(self, header: Fields, claims: Fields) -> str:
        """An RS256 token."""
        message = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
        signature = self._private.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{message}.{encoded(signature)}"


def checked_with(
    key_of: Callable[[Fields], rsa.RSAPublicKey | None],
) -> Callable[[str], Fields | None]:
    """What verifies RS256 tokens with the key that ``key_of`` finds by their header."""

    def verify(token: str) -> Fields | None:
        header = header_of(token)
        key = key_of(header) if header.get("alg") == "RS256" else None
        claims = claims_of(token) if key is not None and _is_signed(token, key) else None
        return claims if is_current(claims) else None

    return verify


def fetched(url: str) -> bytes:
    """What lies at an address of this machine; nothing at any other."""
    answer = asked("GET", url)
    return answer.content if answer else b""


def key_in_set(text: bytes, name: object) -> rsa.RSAPublicKey | None:
    """The RSA key with an id in a JWK set (RFC 7517)."""
    try:
        keys = json.loads(text)["keys"]
        found = next(key for key in keys if key.get("kid") == name and key["kty"] == "RSA")
        numbers = (int.from_bytes(decoded(found[part])) for part in ("e", "n"))
        return rsa.RSAPublicNumbers(*numbers).public_key()
    except (ValueError, KeyError, TypeError, StopIteration):
        return None


def _is_signed(token: str, key: rsa.RSAPublicKey) -> bool:
    message, _, signature = token.rpartition(".")
    try:
        key.verify(decoded(signature), message.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
