"""Long texts for places that take them: a part again and again, and an end that breaks a match."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.probes.benign import takes_text
from pytest_cmdbguard.probes.payloads import TextProbe
from pytest_cmdbguard.probes.schemas import flattened

if TYPE_CHECKING:
    from pytest_cmdbguard.model import Parameter

# What is repeated.
SHAPES = {"letters": "a", "blanks": " ", "digits": "1", "labels": "a.", "dashes": "a-"}
# What then breaks the match at its end: the first that the place's own pattern lets through.
_ENDS = ("!", "_", "-", ".", "\n!")
_LONGEST = 80_000
_SHORTEST = 16
# Places that are no text of a URL, a form or a JSON body.
_ELSEWHERE = {"content", "header", "cookie", "multipart", "jwt"}


def takes_long_text(point: Parameter) -> bool:
    """Whether a place takes a text of more than a few characters."""
    if point.location in _ELSEWHERE:
        return False
    return takes_text(point) and fits(point, _SHORTEST)


def fits(point: Parameter, length: int) -> bool:
    """Whether a place takes a text of so many characters."""
    return length < int(flattened(point.schema).get("maxLength", _LONGEST))


def long_text(point: Parameter, shape: str, length: int) -> TextProbe:
    """The part again and again, no longer than the place takes, and an end."""
    part, pattern = SHAPES[shape], str(flattened(point.schema).get("pattern", ""))
    end = next((end for end in _ENDS if _lets_through(pattern, part * 3 + end)), _ENDS[0])
    return TextProbe(text=(part * length)[:length] + end)


def _lets_through(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:  # another dialect than Python's
        return True
