"""Page cursors: the last row of a page, signed so that nobody but us can make one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

import msgspec

SIGNATURE_BYTES = 16


class Place(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """The row after which the next page begins; ``query`` is what the page was asked with."""

    query: str
    value: msgspec.Raw
    id: int


def fingerprint(resource: str, query: bytes) -> str:
    """Names a list query; a cursor is good for no other."""
    return hashlib.blake2b(resource.encode() + b"\0" + query, digest_size=9).hexdigest()


def write(place: Place, *, secret: bytes) -> str:
    """The cursor's text."""
    payload = msgspec.json.encode(place)
    return base64.urlsafe_b64encode(_signature(payload, secret) + payload).decode().rstrip("=")


def read(text: str, *, secret: bytes) -> Place | None:
    """What :func:`write` got, or None for a text that it did not make."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    signature, payload = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(payload, secret)):
        return None
    return msgspec.json.decode(payload, type=Place)


def _signature(payload: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, payload, "sha256")[:SIGNATURE_BYTES]
