"""The content codings: whole bodies and streams."""

from __future__ import annotations

import functools
import threading
import zlib
from typing import TYPE_CHECKING, Protocol

import brotli
import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GZIP_WINDOW = 31  # zlib's number for the largest window and a gzip header


class Stream(Protocol):
    """Compresses a body that comes in parts."""

    def add(self, part: bytes) -> bytes:
        """What can be sent of everything up to here; the receiver can read the whole part."""

    def end(self) -> bytes:
        """The rest."""


class ZstdStream:
    """RFC 8878."""

    def __init__(self, level: int) -> None:
        self._compressor = zstandard.ZstdCompressor(level).compressobj()

    def add(self, part: bytes) -> bytes:
        """See Stream."""
        begun = self._compressor.compress(part)
        return begun + self._compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def end(self) -> bytes:
        """See Stream."""
        return self._compressor.flush()


class BrotliStream:
    """RFC 7932."""

    def __init__(self, level: int) -> None:
        self._compressor = brotli.Compressor(quality=level)

    def add(self, part: bytes) -> bytes:
        """See Stream."""
        return bytes(self._compressor.process(part) + self._compressor.flush())

    def end(self) -> bytes:
        """See Stream."""
        return bytes(self._compressor.finish())


class GzipStream:
    """RFC 1952."""

    def __init__(self, level: int) -> None:
        self._compressor = zlib.compressobj(level, wbits=GZIP_WINDOW)

    def add(self, part: bytes) -> bytes:
        """See Stream."""
        return self._compressor.compress(part) + self._compressor.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        """See Stream."""
        return self._compressor.flush()


STREAMS: Mapping[str, Callable[[int], Stream]] = {
    "zstd": ZstdStream,
    "br": BrotliStream,
    "gzip": GzipStream,
}


def compressed(coding: str, level: int, body: bytes) -> bytes:
    """A whole body in a coding; safe in any thread."""
    if coding == "zstd":
        return _zstd(level, threading.get_ident()).compress(body)
    if coding == "br":
        return bytes(brotli.compress(body, quality=level))
    return zlib.compress(body, level, wbits=GZIP_WINDOW)


@functools.cache
def _zstd(level: int, _thread: int) -> zstandard.ZstdCompressor:
    """Made once for each thread: that takes as long as half an answer, and two must not share."""
    return zstandard.ZstdCompressor(level)
