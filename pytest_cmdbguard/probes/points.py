"""Where an operation takes input, and how a value is put there."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_cmdbguard.model import Operation, Parameter
from pytest_cmdbguard.probes.schemas import Schema, branches, members_of, types_of

Values = Mapping[tuple[str, str], Any]

_DEEPEST = 8
_INJECTABLE = ("path", "query")
# A member that no schema names, for objects that take any member.
_FREE_MEMBER = "cmdbguard"


def injection_points(operation: Operation) -> tuple[Parameter, ...]:
    """Path and query parameters and every field of the body, however deep.

    A body field is named by its JSON pointer; of an array the first element is meant.
    """
    parameters = [p for p in operation.parameters if p.location in _INJECTABLE]
    if operation.body is not None:
        parameters += _fields(operation.body, "", required=operation.body_required)
    return tuple({(point.location, point.name): point for point in parameters}.values())


def place(values: Values, point: Parameter, value: object) -> dict[tuple[str, str], Any]:
    """The same values with one of them at the point; the client turns them into a request.

    A string goes into path and query as it is (percent-encoded), and into a body as a JSON string
    whatever type the schema wants: whether the target refuses it is what a probe finds out.
    """
    return {**values, (point.location, point.name): value}


def assembled(fields: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    """One JSON value from values by JSON pointer; deeper pointers overrule shallower ones.

    A number in a pointer is an index where an array stands already or nothing does.
    """
    root: Any = None
    for pointer in sorted(fields, key=lambda name: name.count("/")):
        parts = [p.replace("~1", "/").replace("~0", "~") for p in pointer.split("/")[1:]]
        root = _with(root, parts, copy.deepcopy(fields[pointer]))
    return root


def _with(node: Any, parts: list[str], value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if not parts:
        return value
    key, *rest = parts
    if key.isdigit() and not isinstance(node, dict):
        elements = list(node) if isinstance(node, list) else []
        elements += [None] * (int(key) + 1 - len(elements))
        elements[int(key)] = _with(elements[int(key)], rest, value)
        return elements
    members = dict(node) if isinstance(node, dict) else {}
    members[key] = _with(members.get(key), rest, value)
    return members


def _fields(schema: Schema, pointer: str, *, required: bool) -> Iterator[Parameter]:
    if pointer.count("/") > _DEEPEST:
        return
    members = members_of(schema)
    for name, (member, is_required) in members.items():
        escaped = name.replace("~", "~0").replace("/", "~1")
        yield from _fields(member, f"{pointer}/{escaped}", required=is_required)
    items = next(
        (b["items"] for b in branches(schema) if isinstance(b.get("items"), Mapping)), None
    )
    if items is not None:
        yield from _fields(items, f"{pointer}/0", required=required)
    if not members and items is None:
        yield _leaf(schema, pointer, required=required)


def _leaf(schema: Schema, pointer: str, *, required: bool) -> Parameter:
    takes_members = any("object" in types_of(branch) for branch in branches(schema))
    return Parameter(
        location="body",
        name=f"{pointer}/{_FREE_MEMBER}" if takes_members else pointer,
        schema={} if takes_members else schema,
        required=required and not takes_members,
        example=schema.get("example", schema.get("default")),
    )
