"""Narrowing an OpenAPI document to the part that a gate is about."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_cmdbguard.model import Json

# A key of narrowed documents: the paths and methods that are not looked at, as a paths object, and
# how many query parameters of the others.
LEFT_OUT = "x-cmdbguard-left-out"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def narrowed(document: Json, *, paths: Sequence[str], without: Sequence[str] = ()) -> Json:
    """The document with the chosen operations and what these refer to.

    Args:
        document: OpenAPI 3.
        paths: shell patterns of paths (``/devices/*``) or of operations (``GET /devices/``);
            nothing means all.
        without: shell patterns of the names of query parameters that are left out.
    """
    whole = document.get("paths", {})
    kept_methods = {path: _of_methods(path, item, paths) for path, item in whole.items()}
    chosen = {
        path: _without_parameters(item, without) for path, item in kept_methods.items() if item
    }
    components = document.get("components", {})
    used = _used(chosen, components)
    kept = {
        kind: {name: one for name, one in members.items() if (kind, name) in used}
        for kind, members in components.items()
        if kind != "securitySchemes"
    }
    left_out = {
        "paths": {p: gone for p, item in whole.items() if (gone := _gone(item, kept_methods[p]))},
        "parameters": _parameters(kept_methods) - _parameters(chosen),
    }
    return document | {
        "paths": chosen,
        "components": {**components, **kept},
        LEFT_OUT: left_out,
    }


def whole(document: Json) -> Json:
    """All paths and methods that the document named before it was narrowed, without details."""
    paths = {path: dict(item) for path, item in document.get("paths", {}).items()}
    for path, item in document.get(LEFT_OUT, {}).get("paths", {}).items():
        paths[path] = paths.get(path, {}) | item
    return document | {"paths": paths}


def told(document: Json) -> str:
    """How much of a narrowed document is looked at, in words; empty of a whole one."""
    if LEFT_OUT not in document:
        return ""
    gone = document[LEFT_OUT]["parameters"]
    operations = f"{count(document):,} of {count(whole(document)):,} operations"
    return operations + (f", without {gone:,} of their query parameters" if gone else "")


def count(document: Json) -> int:
    """How many operations a document has."""
    return sum(method in item for item in document.get("paths", {}).values() for method in METHODS)


def _of_methods(path: str, item: Json, patterns: Sequence[str]) -> Json:
    """A path item with the chosen methods; empty where there are none."""

    def is_chosen(method: str) -> bool:
        names = (path, f"{method.upper()} {path}")
        return not patterns or any(fnmatch.fnmatchcase(n, p) for n in names for p in patterns)

    kept = {key: one for key, one in item.items() if key not in METHODS or is_chosen(key)}
    return kept if kept.keys() & set(METHODS) else {}


def _gone(item: Json, kept: Json) -> Json:
    return {method: {} for method in METHODS if method in item and method not in kept}


def _parameters(paths: Json) -> int:
    return sum(
        len(item[method].get("parameters", ()))
        for item in paths.values()
        for method in METHODS
        if method in item
    )


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
