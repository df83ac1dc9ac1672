"""A statement without what differs from one request to the next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.witnesses.lexing import units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cmdbguard.model import Sighting

INPUT = "»«"
_CONSTANT = "?"
_LIST = re.compile(r"\?(?:\s*,\s*\?)+")


def skeleton(sighting: Sighting) -> str:
    """The statement around a sighting, constants as ``?`` and what came from the request as »«.

    Two requests that differ in their values only have the same skeleton; comments count for
    nothing, and a list of constants for one.
    """
    raw = sighting.text.encode()
    start = len(sighting.text[: sighting.span[0]].encode())
    end = len(sighting.text[: sighting.span[1]].encode())
    words: list[str] = []
    for word in _words(raw, sighting.text, start, end):
        if word != INPUT or words[-1:] != [INPUT]:
            words.append(word)
    return _LIST.sub(_CONSTANT, " ".join(words))


def _words(raw: bytes, text: str, start: int, end: int) -> Iterator[str]:
    for unit in units(text):
        word = raw[unit.start : unit.end].decode("utf-8", "replace")
        if unit.start < end and start < unit.end:
            yield INPUT
        elif unit.kind in {"literal", "bind"} or word.isdigit():
            yield _CONSTANT
        elif unit.kind != "comment":
            yield word.lower()
