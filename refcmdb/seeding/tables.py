"""What is copied into a table."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BLOCK_ROWS = 2000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TableRows:
    """What goes into one table: ``lines`` yields whole lines, some thousand at a time."""

    table: str
    columns: tuple[str, ...]
    lines: Callable[[], Iterator[str]]


def blocks(lines: Iterator[str]) -> Iterator[str]:
    """``lines``, joined to fewer and longer texts."""
    return ("".join(batch) for batch in itertools.batched(lines, BLOCK_ROWS))
