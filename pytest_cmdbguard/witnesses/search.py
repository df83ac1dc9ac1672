"""Search of bytes for texts, as they are or merely encoded."""

from __future__ import annotations

import base64
import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

NAMES = {
    "heap": "tables",
    "wal": "write-ahead log",
    "redis": "Redis",
    "file": "file",
    "dump": "backup by pg_dump",
}
CHUNK_BYTES = 16 * 1024 * 1024
_SHOWN_BYTES = 24

# (form, bytes) to the token that they are a form of.
Needles = dict[tuple[str, bytes], str]
# What stands in a file from a byte on, so many bytes.
type Part = Callable[[int, int], bytes]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A secret was found.

    ``medium`` is ``heap``, ``wal``, ``redis``, ``file`` or ``dump``; ``place`` names file or key,
    ``table`` the relation of a heap file; ``form`` is ``plain``, ``base64`` or ``hex``.
    """

    token: str
    medium: str
    place: str
    offset: int
    form: str
    table: str = ""
    shown: str = ""

    def __str__(self) -> str:
        what = f"table {self.table or 'unknown'}" if self.medium == "heap" else NAMES[self.medium]
        return f"{what}, {self.place} at byte {self.offset} ({self.form}): {self.shown}"


def forms(token: str) -> Mapping[str, bytes]:
    """How a text looks in bytes, as it is and encoded; anyone can read all of them.

    Of base64 the part that does not depend on what stands around it, for each of the three
    places at which it can begin.
    """
    raw = token.encode()
    found = {"plain": raw, "hex": raw.hex().encode()}
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + raw)
        found[f"base64+{shift}"] = whole[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
    return found


def in_file(path: Path, needles: Needles, medium: str) -> Iterator[Hit]:
    """The first place of every needle in a file of this machine."""
    with path.open("rb") as file:

        def part(start: int, length: int) -> bytes:
            file.seek(start)
            return file.read(length)

        yield from in_parts(part, path.stat().st_size, needles, medium, str(path))


def in_parts(part: Part, size: int, needles: Needles, medium: str, place: str) -> Iterator[Hit]:
    """The first place of every needle; parts overlap, so that their edges hide nothing."""
    longest = max(len(needle) for _, needle in needles)
    return once(
        dataclasses.replace(hit, offset=start + hit.offset)
        for start in range(0, size, CHUNK_BYTES)
        for hit in in_content(part(start, CHUNK_BYTES + longest), needles, medium, place)
    )


def once(hits: Iterable[Hit]) -> Iterator[Hit]:
    """The first hit of every needle."""
    told: set[tuple[str, str]] = set()
    for hit in hits:
        if (hit.token, hit.form) not in told:
            told.add((hit.token, hit.form))
            yield hit


def in_content(content: bytes, needles: Needles, medium: str, place: str) -> Iterator[Hit]:
    """The first place of every needle."""
    for (form, needle), token in needles.items():
        offset = content.find(needle)
        if offset >= 0:
            around = content[max(0, offset - _SHOWN_BYTES) : offset + len(needle) + _SHOWN_BYTES]
            yield Hit(
                token=token,
                medium=medium,
                place=place,
                offset=offset,
                form=form.partition("+")[0],
                shown="".join(chr(byte) if 32 <= byte < 127 else "·" for byte in around),
            )
