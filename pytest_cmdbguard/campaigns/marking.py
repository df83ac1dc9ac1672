"""Which fields of a body take a token."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.probes.points import FILENAME, injection_points
from pytest_cmdbguard.probes.schemas import is_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_cmdbguard.model import Operation

Values = dict[tuple[str, str], Any]
RESTRICTED = {"enum", "format", "const"}


def choices(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Which text fields to mark: all, all but one, just one."""
    if names:
        yield tuple(names)
    if len(names) > 1:
        yield from (tuple(n for n in names if n != left_out) for left_out in names)
        yield from ((name,) for name in names)


def text_fields(operation: Operation) -> list[str]:
    """The body fields, or the files, that take any text long enough for a token."""
    body = operation.body or {}
    properties = (body.get("items", {}) if _prefix(operation) else body).get("properties", {})
    named = [name for name, schema in properties.items() if _is_free_text(schema)]
    return named or _files(operation)


def marked(operation: Operation, marks: Mapping[str, str], values: Values) -> Values:
    """The values of a request with the tokens in them; a file keeps the ending of its name."""
    files = _files(operation)
    found: Values = {}
    for name, token in marks.items():
        pointer = f"{_prefix(operation)}/{name}"
        place = ("multipart", name) if name in files else ("body", pointer)
        ending = Path(str(values.get(place, ""))).suffix if name.endswith(FILENAME) else ""
        found[place] = token + ending
    return values | found


def _prefix(operation: Operation) -> str:
    """What leads to the fields of a body; of a list of objects the first is meant."""
    return "/0" if (operation.body or {}).get("type") == "array" else ""


def _files(operation: Operation) -> list[str]:
    """The names of the files that a form takes, and those of their contents."""
    points = [p for p in injection_points(operation) if p.location == "multipart"]
    contents = [point.name for point in points if is_file(point.schema)]
    return [*(name + FILENAME for name in contents), *contents]


def _is_free_text(schema: Mapping[str, Any]) -> bool:
    options = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return any(_takes_a_token(option) for option in options)


def _takes_a_token(schema: Mapping[str, Any]) -> bool:
    token = fresh_token()
    return (
        schema.get("type") in ("string", ["string", "null"])
        and not RESTRICTED & set(schema)
        and schema.get("maxLength", len(token)) >= len(token)
        and re.search(schema.get("pattern", ""), token) is not None
    )
