"""JSON Schemas read simply: one flat object schema, one type, every branch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_CHOICES = ("oneOf", "anyOf")
_CLOSED_FORMATS = {
    "date",
    "date-time",
    "time",
    "duration",
    "uuid",
    "ipv4",
    "ipv6",
    "mac",
    "hostname",
}
# The shortest probe has so many characters; this is how one looks.
_BREAKER = 25
_TEXT = "zq0123456789'zq0123456789"


def flattened(schema: Schema) -> Schema:
    """A schema with its ``allOf`` and the first branch of its choices merged in."""
    merged: dict[str, Any] = {
        key: value for key, value in schema.items() if key not in {"allOf", *_CHOICES}
    }
    for part in _parts(schema):
        inner = flattened(part)
        properties = {**(merged.get("properties") or {}), **(inner.get("properties") or {})}
        required = dict.fromkeys([*merged.get("required", ()), *inner.get("required", ())])
        merged = {**inner, **merged}
        if properties:
            merged["properties"] = properties
        if required:
            merged["required"] = list(required)
    return merged


def branches(schema: Schema) -> Iterator[Schema]:
    """A schema and all the schemas it is combined of."""
    yield schema
    for keyword in ("allOf", *_CHOICES):
        for branch in schema.get(keyword, ()):
            if isinstance(branch, Mapping):
                yield from branches(branch)


def types_of(schema: Schema) -> tuple[str, ...]:
    """The JSON types that a schema names itself."""
    kinds = schema.get("type", ())
    return (kinds,) if isinstance(kinds, str) else tuple(kinds)


def kind_of(schema: Schema) -> str:
    """The first JSON type that a schema takes other than null; ``string`` if it says nothing."""
    kinds = types_of(schema)
    chosen = next((kind for kind in kinds if kind != "null"), None)
    if chosen:
        return chosen
    return "null" if kinds else "object" if "properties" in schema else "string"


def members_of(schema: Schema) -> dict[str, tuple[Schema, bool]]:
    """The members that any branch describes and a client may send; whether one is required."""
    return {
        name: (member, name in branch.get("required", ()))
        for branch in branches(schema)
        for name, member in (branch.get("properties") or {}).items()
        if isinstance(member, Mapping) and not member.get("readOnly")
    }


def admits_text(schema: Schema) -> bool:
    """Whether a text with quotes and blanks in it can be valid: no number, choice, date or id."""
    merged = flattened(schema)
    if kind_of(merged) == "array" and isinstance(merged.get("items"), Mapping):
        return admits_text(merged["items"])
    if any(merged.get(key) for key in ("enum", "const")) or kind_of(merged) != "string":
        return kind_of(merged) == "object"
    if merged.get("format") in _CLOSED_FORMATS or merged.get("maxLength", _BREAKER) < _BREAKER:
        return False
    try:
        return bool(re.search(merged.get("pattern", ""), _TEXT))
    except re.error:
        return True  # a pattern that Python does not read says nothing


def is_file(schema: Schema) -> bool:
    """Whether a field of a multipart body is a file.

    OpenAPI 3.0 says ``format: binary`` or ``base64``, 3.1 ``contentMediaType``, Swagger 2
    ``type: file``; of an array, its items do.
    """
    if isinstance(schema.get("items"), Mapping):
        return is_file(schema["items"])
    return (
        schema.get("format") in {"binary", "base64"}
        or "contentMediaType" in schema
        or "file" in types_of(schema)
    )


def media_of_file(schema: Schema) -> str:
    """The media type of a file field, ``text/plain`` where the schema names none."""
    holder = schema["items"] if isinstance(schema.get("items"), Mapping) else schema
    return str(holder.get("contentMediaType", "text/plain"))


def without_files(schema: Schema) -> Schema:
    """The schema of a multipart body, the files left out of its members."""
    merged = dict(flattened(schema))
    files = {name for name, (member, _) in members_of(schema).items() if is_file(member)}
    properties = merged.get("properties") or {}
    merged["properties"] = {n: member for n, member in properties.items() if n not in files}
    merged["required"] = [name for name in merged.get("required", ()) if name not in files]
    return merged


def _parts(schema: Schema) -> Iterator[Schema]:
    yield from schema.get("allOf", ())
    for keyword in _CHOICES:
        choices = [choice for choice in schema.get(keyword, ()) if types_of(choice) != ("null",)]
        yield from choices[:1]
