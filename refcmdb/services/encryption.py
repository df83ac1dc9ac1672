"""Field-level encryption at rest: AES-256-GCM envelopes that say which key opens them.

An envelope is one byte of version, one byte with the length of the key's id, the id, 12 bytes of
nonce, then ciphertext and tag. Associated data bind it to its place: an envelope that was copied
to another tenant or column does not open.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import pathlib
import re
import secrets
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1
KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID = re.compile(r"[a-z0-9-]{1,16}")


class KeyProblem(Exception):
    """Keys that cannot be used, or an envelope that none of them opens."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """The keys by their ids; the first seals, all open. Without keys nothing can be sealed."""

    keys: Mapping[str, bytes] = dataclasses.field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """The keys of ``id:base64`` entries, separated by commas or line feeds.

        A ``text`` that begins with ``/`` or ``./`` names a file with the entries.

        Raises: KeyProblem.
        """
        entries = re.split(r"[,\s]+", _content(text).strip())
        keys = dict(_key(entry) for entry in entries if entry)
        if len(keys) < len([entry for entry in entries if entry]):
            raise KeyProblem("names a key twice")
        return cls(keys=keys)

    @property
    def current(self) -> str:
        """The id of the key that seals. Raises: KeyProblem when there is none."""
        if not self.keys:
            raise KeyProblem("no key is configured; set REFCMDB_KEYS")
        return next(iter(self.keys))

    def seal(self, secret: str, *, place: str) -> bytes:
        """The envelope of ``secret`` for one ``place`` (see :func:`place`). Raises: KeyProblem."""
        key_id, nonce = self.current, secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(self.keys[key_id]).encrypt(nonce, secret.encode(), place.encode())
        return prefix(key_id) + nonce + sealed

    def open(self, envelope: bytes, *, place: str) -> str:
        """The secret in an envelope.

        Raises: KeyProblem for an unknown key, or where anything was changed or moved.
        """
        key_id = key_of(envelope)
        if key_id not in self.keys:
            raise KeyProblem(f"the key {key_id!r} is not configured")
        start = len(prefix(key_id))
        nonce, sealed = envelope[start : start + NONCE_BYTES], envelope[start + NONCE_BYTES :]
        try:
            return AESGCM(self.keys[key_id]).decrypt(nonce, sealed, place.encode()).decode()
        except InvalidTag as error:
            raise KeyProblem("the envelope does not belong here, or was changed") from error


def place(table: str, column: str, tenant_id: int | None) -> str:
    """What an envelope is bound to."""
    return f"{table}.{column}:{tenant_id or 0}"


def prefix(key_id: str) -> bytes:
    """How every envelope of a key begins."""
    return bytes([VERSION, len(key_id)]) + key_id.encode()


def key_of(envelope: bytes) -> str:
    """The id of the key that opens an envelope. Raises: KeyProblem for what is none."""
    if len(envelope) < 2 or envelope[0] != VERSION:
        raise KeyProblem("this is no envelope")
    return envelope[2 : 2 + envelope[1]].decode("ascii", "replace")


def new_key() -> str:
    """A fresh key, as an entry's second half."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _content(text: str) -> str:
    if not text.startswith(("/", "./")):
        return text
    try:
        return pathlib.Path(text).read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise KeyProblem(f"names a file that cannot be read: {text}") from error


def _key(entry: str) -> tuple[str, bytes]:
    key_id, colon, encoded = entry.partition(":")
    if not (colon and KEY_ID.fullmatch(key_id)):
        raise KeyProblem("needs entries id:base64, with ids of 1 to 16 of a-z, 0-9 and -")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise KeyProblem(f"has a key {key_id} that is not base64") from error
    if len(key) != KEY_BYTES:
        raise KeyProblem(f"has a key {key_id} of {len(key)} bytes instead of {KEY_BYTES}")
    return key_id, key
