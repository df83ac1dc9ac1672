"""What is compressed, and how: read from ``REFCMDB_COMPRESSION…`` variables."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from refcmdb.variables import VariableProblem, numbers, switch

if TYPE_CHECKING:
    from collections.abc import Mapping

# The lowest and the highest level of each coding. zstd beyond 19 needs more memory than receivers
# must have (RFC 9659).
LEVELS = {"zstd": (1, 19), "br": (0, 11), "gzip": (1, 9)}
TYPES = (
    "application/json",
    "application/problem+json",
    "application/xml",
    "application/yaml",
    "text/csv",
    "text/html",
    "text/plain",
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Compression:
    """How answers are compressed.

    Attributes:
        enabled: REFCMDB_COMPRESSION (on, off).
        smallest_bytes: REFCMDB_COMPRESSION_MIN_SIZE, smaller bodies stay as they are.
        levels: REFCMDB_COMPRESSION_LEVELS, codings with their levels, the preferred one first.
        media_types: REFCMDB_COMPRESSION_TYPES, separated by commas.
    """

    enabled: bool = True
    smallest_bytes: int = 500
    levels: Mapping[str, int] = dataclasses.field(
        default_factory=lambda: {"zstd": 1, "br": 4, "gzip": 4}
    )
    media_types: frozenset[str] = frozenset(TYPES)

    @classmethod
    def parse(cls, environment: Mapping[str, str]) -> Compression:
        """The settings of the variables. Raises: VariableProblem for the first wrong one."""
        number, default = numbers(environment), cls()
        return cls(
            enabled=switch(environment, "REFCMDB_COMPRESSION", default.enabled),
            smallest_bytes=number("COMPRESSION_MIN_SIZE", default.smallest_bytes, 0, 1_000_000),
            levels=_levels(environment) or default.levels,
            media_types=_media_types(environment) or default.media_types,
        )


def _levels(environment: Mapping[str, str]) -> dict[str, int]:
    variable, levels = "REFCMDB_COMPRESSION_LEVELS", {}
    for word in environment.get(variable, "").replace(",", " ").split():
        coding, _, level = word.partition("=")
        lowest, highest = LEVELS.get(coding, (1, 0))
        if not (re.fullmatch("[0-9]{1,2}", level) and lowest <= int(level) <= highest):
            problem = (
                f"must be entries such as zstd=1 (1-19), br=4 (0-11), gzip=4 (1-9), not {word!r}"
            )
            raise VariableProblem(variable, problem)
        levels[coding] = int(level)
    return levels


def _media_types(environment: Mapping[str, str]) -> frozenset[str]:
    variable = "REFCMDB_COMPRESSION_TYPES"
    words = environment.get(variable, "").replace(",", " ").split()
    for word in words:
        if not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", word):
            problem = f"must be media types such as application/json, not {word!r}"
            raise VariableProblem(variable, problem)
    return frozenset(words)
