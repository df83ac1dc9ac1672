"""Bodies that are proven to be invalid: what draws them breaks one thing, jsonschema confirms it.

A target that answers one of them with a success, or with a 5xx, contradicts its own document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pytest_cmdbguard.probes.points import assembled
from pytest_cmdbguard.probes.schemas import Schema, flattened, kind_of, members_of

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Json = Any

_DEEPEST = 4
_NESTED = 64
_LONG = 100_000
_UNKNOWN = "cmdbguard_unknown"
# One of every JSON type, and what a program that looks no closer may take for it. Of the scalars,
# the one that is most often taken for another: true is 1 to many, and 7 is a text.
_QUICK_TYPES: dict[str, tuple[Json, ...]] = {
    "string": (None, 7, "text", []),
    "integer": (None, True, "text", {}),
    "number": (None, True, "text", {}),
    "boolean": (None, 7, "text"),
    "array": (None, "text", {}),
    "object": (None, "text", []),
}
_ALL_TYPES: tuple[Json, ...] = (None, True, 7, -0.5, "text", [], {}, "", [[]], {"a": 1})
# Beyond what any column holds; what a schema allows at most says where 32 and 64 bits end.
_QUICK_NUMBERS: tuple[Json, ...] = (0.5, 10**40)
_MORE_NUMBERS: tuple[Json, ...] = (2**31, 2**63, 2**64, -(2**63) - 1, 1e308, -1, 0)
_QUICK_CONTROLS = ("\x00", "\n", "\ud800")
_ALL_CONTROLS = (*_QUICK_CONTROLS, "\x1b[2J", "\u202e", "\ufffe")
_MALFORMED = (
    b"{",
    b"[",
    b'"',
    b"}",
    b"nul",
    b"NaN",
    b"'a'",
    b"{a: 1}",
    b'{"a":}',
    b'{"a":1,}',
    b'{"a":1}{"a":1}',
    b'{"a":Infinity}',
    b'{"a":"\x00"}',
    b'{"a":"\\x41"}',
    b'{"a":"\\ud8"}',
    b'{"a":"\xff\xfe"}',
    b'{"a":01}',
    b"<a/>",
    b"a=1&b=2",
    b"[" * 10_000,
    b'{"a":' * 10_000,
)


def broken_bodies(schema: Schema, valid: Json, *, profile: str = "full") -> list[Json]:
    """Every place of a valid body broken in every way that needs no luck; each is invalid.

    Args and order as in :func:`drawn_bodies`; empty if the schema refuses nothing.
        profile: ``quick`` or ``full``.
    """
    is_invalid = _prover(schema)
    return [
        body
        for place, member in _places(schema)
        for body in _broken(valid, place, member, full=profile == "full")
        if is_invalid(body)
    ]


def drawn_bodies(schema: Schema, valid: Json) -> SearchStrategy[Json]:
    """Bodies that do not validate, each with one thing in a valid one replaced by luck.

    Args:
        schema: of the body, without references (JSON Schema 2020-12).
        valid: a body that the target accepts.
    Returns: a strategy; an empty one if the schema refuses nothing that is of the right type.
    """
    is_invalid = _prover(schema)
    drawn = (
        strategy.filter(is_invalid)
        for place, member in _places(schema)
        for strategy in _drawn(valid, place, member)
    )
    return st.one_of(*drawn)


def malformed_texts() -> SearchStrategy[bytes]:
    """Non-empty bodies that are no JSON text (RFC 8259)."""
    return st.sampled_from(_MALFORMED) | st.binary(min_size=1, max_size=40).filter(_is_malformed)


def _prover(schema: Schema) -> Callable[[Json], bool]:
    validator = Draft202012Validator(dict(schema))

    def is_invalid(body: Json) -> bool:
        try:
            return not validator.is_valid(body)
        except re.error:
            return False  # a pattern that Python does not read proves nothing

    return is_invalid


def _is_malformed(text: bytes) -> bool:
    try:
        json.loads(text, parse_constant=_refuse)
    except ValueError:
        return bool(text.strip())
    return False


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _places(schema: Schema, pointer: str = "", depth: int = 0) -> Iterator[tuple[str, Schema]]:
    """Every place of a body and what its schema says of it; the whole body first."""
    merged = flattened(schema)
    yield pointer, merged
    if depth == _DEEPEST:
        return
    for name, (member, _) in members_of(merged).items():
        escaped = name.replace("~", "~0").replace("/", "~1")
        yield from _places(member, f"{pointer}/{escaped}", depth + 1)
    if kind_of(merged) == "array" and isinstance(merged.get("items"), Mapping):
        yield from _places(merged["items"], f"{pointer}/0", depth + 1)


def _broken(valid: Json, pointer: str, schema: Schema, *, full: bool) -> Iterator[Json]:
    """The valid body with one place broken in every way that needs no luck."""
    types = _ALL_TYPES if full else _QUICK_TYPES.get(kind_of(schema), _ALL_TYPES)
    deep = (_nested(),) if full or not pointer else ()
    for value in (*types, *deep, *_of_kind(schema, full=full)):
        yield assembled({"": valid, pointer: value})
    here = _at(valid, pointer)
    if isinstance(here, dict):
        for name in here:
            rest = {key: value for key, value in here.items() if key != name}
            yield assembled({"": valid, pointer: rest})
        yield assembled({"": valid, pointer: here | {_UNKNOWN: 1}})


def _of_kind(schema: Schema, *, full: bool) -> Iterator[Json]:
    """Values of the right type that the schema's other words may forbid."""
    match kind_of(schema):
        case "string":
            longest = schema.get("maxLength")
            if longest is not None:
                yield "x" * (longest + 1)
                yield from ("x" * _LONG,) if full else ()
            yield "x" * max(0, schema.get("minLength", 0) - 1)
            controls = _ALL_CONTROLS if full else _QUICK_CONTROLS
            yield from (f"a{control}b" for control in controls)
        case "integer" | "number":
            yield from (*_QUICK_NUMBERS, *(_MORE_NUMBERS if full else ()))
            yield from (
                schema[key] - 1 for key in ("minimum", "exclusiveMinimum") if key in schema
            )
            yield from (
                schema[key] + 1 for key in ("maximum", "exclusiveMaximum") if key in schema
            )
        case "array":
            yield [None]
            yield from ([7] * (schema[key] + 1) for key in ("maxItems",) if key in schema)


def _drawn(valid: Json, pointer: str, schema: Schema) -> Iterator[SearchStrategy[Json]]:
    """The valid body with one place replaced by something drawn of the same type."""
    strategies: dict[str, SearchStrategy[Json]] = {
        "string": st.text(max_size=300),
        "integer": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
        "number": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    }
    strategy = strategies.get(kind_of(schema))
    if strategy is not None and set(schema) - {"type", "description", "title", "examples"}:
        yield strategy.map(lambda value: assembled({"": valid, pointer: value}))


def _nested() -> Json:
    value: Json = {}
    for _ in range(_NESTED):
        value = {"a": value}
    return value


def _at(body: Json, pointer: str) -> Json:
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(body, dict):
            body = body.get(key)
        elif isinstance(body, list):
            body = body[int(key)] if key.isdigit() and int(key) < len(body) else None
        else:
            return None
    return body
