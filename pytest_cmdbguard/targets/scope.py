"""Narrowing an OpenAPI document to the part that a gate is about."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Json

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def narrowed(document: Json, *, paths: Sequence[str], without: Sequence[str] = ()) -> Json:
    """The document with the chosen paths and what these refer to.

    Args:
        document: OpenAPI 3.
        paths: shell patterns of paths; nothing means all.
        without: shell patterns of the names of query parameters that are left out.
    """
    chosen = {
        path: _without_parameters(item, without)
        for path, item in document.get("paths", {}).items()
        if not paths or any(fnmatch.fnmatchcase(path, pattern) for pattern in paths)
    }
    components = document.get("components", {})
    used = _used(chosen, components)
    kept = {
        kind: {name: one for name, one in members.items() if (kind, name) in used}
        for kind, members in components.items()
        if kind != "securitySchemes"
    }
    return document | {"paths": chosen, "components": {**components, **kept}}


def count(document: Json) -> int:
    """How many operations a document has."""
    return sum(method in item for item in document.get("paths", {}).values() for method in METHODS)


def _without_parameters(item: Json, without: Sequence[str]) -> Json:
    return {
        key: value | {"parameters": _kept(value["parameters"], without)}
        if key in METHODS and "parameters" in value
        else value
        for key, value in item.items()
    }


def _kept(parameters: Sequence[Json], without: Sequence[str]) -> list[Json]:
    return [
        one
        for one in parameters
        if one.get("in") != "query"
        or one.get("required")
        or not any(fnmatch.fnmatchcase(one.get("name", ""), pattern) for pattern in without)
    ]


def _used(paths: Json, components: Json) -> set[tuple[str, str]]:
    """Kind and name of every component that the paths refer to, however indirectly."""
    seen: set[tuple[str, str]] = set()
    waiting: list[Any] = [paths]
    while waiting:
        for reference in _references(waiting.pop()):
            kind, _, name = reference.removeprefix("#/components/").partition("/")
            if (kind, name) not in seen:
                seen.add((kind, name))
                waiting.append(components.get(kind, {}).get(name, {}))
    return seen


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
