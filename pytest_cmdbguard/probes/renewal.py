"""The same object again, with other values where two objects could not have the same."""

from __future__ import annotations

import ipaddress
import re
import secrets
import string
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.probes.schemas import Schema, flattened, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HEX = string.digits + "abcdef"
_REFERENCE = re.compile(r"(?:^|_)id$|[a-z]I[dD]$")
_FIXED = ("enum", "const", "format")
# A wider range is that of an id or a quantity, where another number would be a wrong one.
_WIDEST_RANGE = 65_536


class Chosen(int):
    """A number for which any other one of its range could stand."""

    lowest: int
    highest: int


def renewed(body: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """An object of the same form whose texts, addresses and small numbers are fresh.

    References (``id``, ``site_id``, ``siteId``) and choices stay as they are; so does what
    has no other valid value.
    """
    properties = flattened(schema).get("properties") or {}
    return {
        name: _renewed(name, value, flattened(properties.get(name, {})))
        for name, value in body.items()
    }


def told(values: Mapping[tuple[str, str], object]) -> tuple[tuple[str, int, int, int], ...]:
    """The chosen numbers among the members of a JSON body, as :class:`Exchange` keeps them."""
    return tuple(
        (name.removeprefix("/"), int(value), value.lowest, value.highest)
        for (location, name), value in values.items()
        if location == "body" and isinstance(value, Chosen)
    )


def _renewed(name: str, value: object, schema: Schema) -> object:
    if any(schema.get(key) for key in _FIXED):
        return value
    if isinstance(value, str) and kind_of(schema) == "string":
        return next((text for text in _others(value) if _fits(text, schema)), value)
    if isinstance(value, int) and not isinstance(value, bool) and not _REFERENCE.search(name):
        return _other_number(value, schema)
    return value


def _others(value: str) -> Iterator[str]:
    """Values of the same kind, the most careful first."""
    try:
        yield _other_address(value)
    except ValueError:
        ending = "-" + secrets.token_hex(4)
        yield value + ending
        yield value[: -len(ending)] + ending
        yield re.sub("[0-9a-f]", lambda _: secrets.choice(_HEX), value)
        yield re.sub("[0-9]", lambda _: secrets.choice(string.digits), value)


def _other_address(value: str) -> str:
    """Another address or network with the same prefix length, of private or documentation use."""
    known = ipaddress.ip_interface(value)
    if known.version == 4:
        number = int(ipaddress.IPv4Address("10.0.0.0")) + secrets.randbelow(2**24)
    else:
        number = int(ipaddress.IPv6Address("2001:db8::")) + secrets.randbelow(2**96)
    other = ipaddress.ip_interface(f"{ipaddress.ip_address(number)}/{known.network.prefixlen}")
    is_network = known.ip == known.network.network_address
    made = str(other.network if is_network else other)
    return made if "/" in value else made.partition("/")[0]


def _other_number(value: int, schema: Schema) -> int:
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    if lowest is None or highest is None or highest - lowest > _WIDEST_RANGE:
        return value
    number = Chosen(int(lowest) + secrets.randbelow(int(highest) - int(lowest) + 1))
    number.lowest, number.highest = int(lowest), int(highest)
    return number


def _fits(text: str, schema: Schema) -> bool:
    pattern = schema.get("pattern")
    return len(text) <= schema.get("maxLength", len(text)) and (
        not pattern or bool(re.search(pattern, text))
    )
