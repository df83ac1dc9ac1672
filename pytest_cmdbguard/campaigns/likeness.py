"""Whether two answers show the same data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cmdbguard.model import Exchange

_SHORTEST = 4  # characters; shorter values agree by chance
_SHOWN = 120


def is_granted(exchange: Exchange) -> bool:
    """Whether the target says that it did what was asked."""
    return 200 <= exchange.status < 300


def shared_data(answer: Exchange, allowed: Exchange) -> str:
    """What an answer shows of what an allowed actor is shown; empty when it shows nothing of it.

    A value that the request carries itself is no data, nor is one shorter than four characters.
    Where both show no such value, the same members of a JSON object are what they share.
    """
    if not (is_granted(answer) and is_granted(allowed)):
        return ""
    sent = answer.url + answer.request_body.decode("utf-8", "replace")
    known = set(values_in(allowed))
    if known:
        common = (text for text in values_in(answer) if text in known and text not in sent)
        return max(common, key=len, default="")[:_SHOWN]
    same = members_in(answer) == members_in(allowed)
    return ", ".join(sorted(members_in(answer))) if same else ""


def values_in(exchange: Exchange) -> list[str]:
    """The scalars of a JSON answer as texts; the lines of another one."""
    text = exchange.body.decode("utf-8", "replace")
    try:
        found = list(_scalars(json.loads(text)))
    except ValueError:
        found = [line.strip() for line in text.splitlines()]
    return [value for value in found if len(value) >= _SHORTEST]


def members_in(exchange: Exchange) -> set[str]:
    """The names of the members of the JSON object in an answer."""
    try:
        found = json.loads(exchange.body)
    except ValueError:
        return set()
    return set(found) if isinstance(found, dict) else set()


def _scalars(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for child in node.values():
            yield from _scalars(child)
    elif isinstance(node, list):
        for child in node:
            yield from _scalars(child)
    elif isinstance(node, str | int | float) and not isinstance(node, bool):
        yield str(node)
