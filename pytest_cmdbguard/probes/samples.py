"""Valid values made from JSON Schemas, from examples and from objects that exist already."""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.probes.renewal import renewed
from pytest_cmdbguard.probes.schemas import Schema, flattened, kind_of, members_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = Any

_DEEPEST = 8
_FORMATS = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "date": "2026-01-02",
    "date-time": "2026-01-02T03:04:05Z",
    "time": "03:04:05Z",
    "email": "probe@example.com",
    "uri": "http://example.com/",
    "hostname": "probe.example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
# Larger than any id in use, smaller than what a 32-bit column refuses.
_ABSENT_NUMBER = 2_000_000_000


def sample(schema: Schema, *, example: Value = None, depth: int = 0) -> Value:
    """A value that the schema accepts, as plain as possible; the example if there is one."""
    if example is not None:
        return example
    for key in ("const", "example", "default"):
        if schema.get(key) is not None:
            return schema[key]
    for key in ("enum", "examples"):
        if schema.get(key) and isinstance(schema[key], list):
            return schema[key][0]
    return _made(flattened(schema), depth) if depth <= _DEEPEST else None


def body(schema: Schema, *, known: Mapping[str, Value], fresh: bool) -> Value:
    """A valid body that creates or changes an object.

    Args:
        schema: of the body; an array gets one element.
        known: an existing object of the resource, or empty. Its values come first, because its
            references lead somewhere, save an optional id; then the document's examples, then what
            the schema says.
        fresh: whether texts and addresses get another ending, because the object is stored and
            may be unique.
    """
    merged = flattened(schema)
    kind = kind_of(merged)
    if kind == "array":
        return [body(merged.get("items") or {}, known=known, fresh=fresh)]
    example = next(iter(merged.get("examples") or ()), None)
    if kind != "object":
        return sample(merged, example=example)
    base = example if isinstance(example, dict) else {}
    made = _projected(merged, {**base, **known})
    return renewed(made, merged) if fresh else made


def absent_id(existing: Value, schema: Schema) -> Value:
    """An id of the same form as an existing one that no object has."""
    if isinstance(existing, int) or kind_of(flattened(schema)) in {"integer", "number"}:
        return int(min(_ABSENT_NUMBER, schema.get("maximum", _ABSENT_NUMBER)))
    if schema.get("format") == "uuid" or _is_uuid(str(existing)):
        return str(uuid.uuid4())
    return "cmdbguard-absent-" + secrets.token_hex(4)


def _projected(schema: Schema, known: Mapping[str, Value]) -> dict[str, Value]:
    """What the schema takes of a known object, and samples of what it lacks and needs."""
    made = {}
    for name, (member, is_required) in members_of(schema).items():
        if name == "id" and not is_required:
            continue  # of an object that is there already: a second one is refused
        if known.get(name) is not None:
            made[name] = known[name]
        elif is_required:
            made[name] = sample(member)
    return made


def _made(schema: Schema, depth: int) -> Value:
    match kind_of(schema):
        case "object":
            needed = [(n, m) for n, (m, is_required) in members_of(schema).items() if is_required]
            return {name: sample(member, depth=depth + 1) for name, member in needed}
        case "array":
            items = schema.get("items") or {}
            return [sample(items, depth=depth + 1) for _ in range(schema.get("minItems", 0))]
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            made = _FORMATS.get(schema.get("format", ""), "probe")
            return made.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]


def _number(schema: Schema) -> Value:
    lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    step = schema.get("multipleOf", 1)
    return min(-(-lowest // step) * step, schema.get("maximum", float("inf")))


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
