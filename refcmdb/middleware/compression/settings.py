"""What is compressed, and how."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from refcmdb.variables import number, setting, switch

if TYPE_CHECKING:
    from collections.abc import Mapping

# The lowest and the highest level of each coding. zstd beyond 19 needs more memory than receivers
# must have (RFC 9659).
LEVELS = {"zstd": (1, 19), "br": (0, 11), "gzip": (1, 9)}
SPANS = "zstd=1 (1-19), br=3 (0-11), gzip=4 (1-9)"
TYPES = (
    "application/json",
    "application/problem+json",
    "application/xml",
    "application/yaml",
    "text/csv",
    "text/html",
    "text/plain",
)
DEFAULT = {"zstd": 1, "br": 3, "gzip": 4}


def read_levels(text: str) -> dict[str, int]:
    """The levels of entries such as ``zstd=1``. Raises: ValueError."""
    levels = {}
    for word in text.replace(",", " ").split():
        coding, _, level = word.partition("=")
        lowest, highest = LEVELS.get(coding, (1, 0))
        if not (re.fullmatch("[0-9]{1,2}", level) and lowest <= int(level) <= highest):
            raise ValueError(f"must be entries such as {SPANS}, not {word!r}")
        levels[coding] = int(level)
    return levels or DEFAULT


def read_types(text: str) -> frozenset[str]:
    """The media types in a text. Raises: ValueError."""
    words = text.replace(",", " ").split()
    for word in words:
        if not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", word):
            raise ValueError(f"must be media types such as application/json, not {word!r}")
    return frozenset(words or TYPES)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Compression:
    """How answers are compressed."""

    enabled: bool = switch("REFCMDB_COMPRESSION", "compresses answers")
    smallest_bytes: int = number(
        "REFCMDB_COMPRESSION_MIN_SIZE",
        "bytes from which on they are compressed",
        default=500,
        lowest=0,
        highest=1_000_000,
    )
    levels: Mapping[str, int] = setting(
        "REFCMDB_COMPRESSION_LEVELS",
        "what is offered, the preferred coding first",
        read=read_levels,
        values=SPANS,
        shown=",".join(f"{coding}={level}" for coding, level in DEFAULT.items()),
        default_factory=DEFAULT.copy,
    )
    media_types: frozenset[str] = setting(
        "REFCMDB_COMPRESSION_TYPES",
        "what is compressed",
        read=read_types,
        values="media types, separated by commas",
        shown=", ".join(TYPES),
        default=frozenset(TYPES),
    )
