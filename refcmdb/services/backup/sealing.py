"""Files sealed as streams: AES-256-GCM in chunks, under a key made for each file.

A sealed file begins as an envelope does, with the id of its key; then come 8 bytes that tell keys
of one id apart, and 32 bytes of salt. Chunks of 1 MiB follow, each with its tag. Its number, and
whether it is the last, are a chunk's nonce (STREAM, Hoang et al. 2015): what was changed, moved,
left out or cut off does not open. Associated data bind all of them to their place.
"""

from __future__ import annotations

import hashlib
import io
import secrets
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from refcmdb.services import encryption
from refcmdb.services.backup.problems import BackupProblem
from refcmdb.services.encryption import KeyProblem, KeyRing

if TYPE_CHECKING:
    from collections.abc import Buffer
    from typing import BinaryIO

CHUNK_BYTES = 1024 * 1024
TAG_BYTES = 16
SALT_BYTES = 32
MARK_BYTES = 8


class Sealer:
    """Writes a sealed file, which is whole after :meth:`finish`. Raises: KeyProblem."""

    def __init__(self, file: BinaryIO, keys: KeyRing, *, place: str) -> None:
        key_id, salt = keys.current, secrets.token_bytes(SALT_BYTES)
        self._file, self._place = file, place.encode()
        self._cipher = _cipher(keys.keys[key_id], salt)
        self._rest, self._number = bytearray(), 0
        self._digest = hashlib.sha256()
        self.size_bytes = 0
        self._put(encryption.prefix(key_id) + mark(keys.keys[key_id]) + salt)

    def write(self, content: bytes) -> int:
        """Seal what fills a chunk, and keep the rest."""
        self._rest += content
        while len(self._rest) > CHUNK_BYTES:
            self._seal(CHUNK_BYTES, last=False)
        return len(content)

    def finish(self) -> None:
        """Seal the last chunk."""
        self._seal(CHUNK_BYTES, last=True)

    @property
    def sha256(self) -> str:
        """Of the file as it lies there."""
        return self._digest.hexdigest()

    def _seal(self, length: int, *, last: bool) -> None:
        content = bytes(self._rest[:length])
        del self._rest[:length]
        self._put(self._cipher.encrypt(_nonce(self._number, last=last), content, self._place))
        self._number += 1

    def _put(self, content: bytes) -> None:
        self._file.write(content)
        self._digest.update(content)
        self.size_bytes += len(content)


class _Opened(io.RawIOBase):
    """The content of a sealed file, chunk by chunk."""

    def __init__(self, file: BinaryIO, keys: KeyRing, *, place: str) -> None:
        self._file, self._place, self._number = file, place.encode(), 0
        self._cipher = _cipher(_key(file, keys), file.read(SALT_BYTES))
        self._sealed = file.read(CHUNK_BYTES + TAG_BYTES)
        self._content, self._ended = memoryview(b""), False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        target = memoryview(buffer)
        while not self._content and not self._ended:
            self._content = memoryview(self._open())
        number = min(len(target), len(self._content))
        target[:number], self._content = self._content[:number], self._content[number:]
        return number

    def _open(self) -> bytes:
        sealed, self._sealed = self._sealed, self._file.read(CHUNK_BYTES + TAG_BYTES)
        self._ended = not self._sealed
        nonce = _nonce(self._number, last=self._ended)
        self._number += 1
        try:
            return self._cipher.decrypt(nonce, sealed, self._place)
        except InvalidTag:
            problem = f"{self._file.name} is damaged in chunk {self._number}; use another backup"
            raise BackupProblem(problem) from None


def opened(file: BinaryIO, keys: KeyRing, *, place: str) -> io.BufferedReader:
    """What a sealed file holds, to be read from begin to end.

    Raises: KeyProblem for a key that is missing or another one, here; BackupProblem for content
        that was changed, while it is read.
    """
    return io.BufferedReader(_Opened(file, keys, place=place), CHUNK_BYTES)


def mark(key: bytes) -> bytes:
    """What tells a key from another one of the same id, and nothing else of it."""
    return _derived(key, b"refcmdb backup mark", salt=b"")[:MARK_BYTES]


def key_of(file: BinaryIO) -> str:
    """The id of the key that sealed a file, which is read no further. Raises: KeyProblem."""
    start = file.read(2)
    return encryption.key_of(start + file.read(start[1] if len(start) == 2 else 0))


def _key(file: BinaryIO, keys: KeyRing) -> bytes:
    """The key of a file, of which it reads what stands before the salt."""
    key_id = key_of(file)
    key = keys.keys.get(key_id)
    if key is None:
        problem = f"REFCMDB_KEYS has no key {key_id!r}, which sealed {file.name}"
        raise KeyProblem(problem)
    if mark(key) != file.read(MARK_BYTES):
        problem = f"REFCMDB_KEYS has another key {key_id!r} than the one that sealed {file.name}"
        raise KeyProblem(problem)
    return key


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(_derived(key, b"refcmdb backup file", salt=salt))


def _derived(key: bytes, purpose: bytes, *, salt: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=purpose).derive(key)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(encryption.NONCE_BYTES - 1, "big") + bytes([last])
