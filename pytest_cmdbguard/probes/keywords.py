"""Keywords of JSON Schema with values that they cannot have: people write documents, too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Larger texts and arrays are sent by nobody, whatever a schema asks for.
_LONGEST = 100_000


def readable(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without what says nothing (``required: true``, ``maxLength: "10"``).

    What is left accepts all that the schema accepts.
    """
    kept = {
        name: value for name, value in schema.items() if name not in _RULES or _RULES[name](value)
    }
    for name in _CHOICES & kept.keys():
        kept[name] = [_choice(choice) for choice in kept[name]]
    return kept


def _choice(choice: object) -> dict[str, Any]:
    """``false`` is a schema, too, and so is ``true``, which anything else counts as."""
    if isinstance(choice, dict):
        return choice
    return {"not": {}} if choice is False else {}


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_schema(value: object) -> bool:
    return isinstance(value, dict)


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LONGEST


def _is_limit(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_pattern(value: object) -> bool:
    """Whether Python reads it; ECMAScript has some that it does not."""
    try:
        return isinstance(value, str) and bool(re.compile(value))
    except re.error:
        return False


def _names_types(value: object) -> bool:
    names = value if isinstance(value, list) else [value]
    return all(isinstance(name, str) for name in names)


_CHOICES = frozenset({"allOf", "anyOf", "oneOf"})
_RULES: Mapping[str, Callable[[object], bool]] = {
    **dict.fromkeys([*_CHOICES, "enum", "required", "examples"], _is_list),
    **dict.fromkeys(("items", "properties"), _is_schema),
    **dict.fromkeys(("minLength", "minItems"), _is_size),
    **dict.fromkeys(("maxLength", "maxItems"), _is_limit),
    **dict.fromkeys(("minimum", "maximum"), _is_number),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), _is_number),
    "multipleOf": lambda value: _is_number(value) and value > 0,  # type: ignore[operator] # a number
    "format": lambda value: isinstance(value, str),
    "pattern": _is_pattern,
    "type": _names_types,
}
