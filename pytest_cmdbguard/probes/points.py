"""Where an operation takes input, and how a value is put there."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_cmdbguard.model import Operation, Parameter
from pytest_cmdbguard.probes.schemas import Schema, branches, is_file, members_of, types_of

Values = Mapping[tuple[str, str], Any]

# The kinds of request bodies; a request has one of them.
BODY_LOCATIONS = ("body", "form", "multipart", "content")
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
# Headers that OpenAPI leaves to other words of the document, whoever declares them.
_RESERVED = {"accept", "authorization", "content-type"}
# Endings of the names of multipart values: what a file is called, and of which type it is.
FILENAME = " filename"
TYPE = " type"

_DEEPEST = 8
# A member that no schema names, for objects that take any member and show none in an example.
_FREE_MEMBER = "cmdbguard"
_TEXT = {"type": "string"}
# Which every server gets and no document declares.
AMBIENT = tuple(
    Parameter(location="header", name=name, schema=_TEXT)
    for name in (
        "User-Agent",
        "Referer",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "Accept-Language",
    )
)

# Of the header of a JWT: which key a server takes (RFC 7515, 4.1).
TOKEN_FIELDS = tuple(Parameter(location="jwt", name=name, schema=_TEXT) for name in ("kid", "jku"))


def injection_points(operation: Operation) -> tuple[Parameter, ...]:
    """Every place of input that the document declares: parameters and the fields of bodies.

    A JSON body's field is named by its pointer, however deep; of an array the first element is
    meant. Files of multipart bodies have two points: the content and ``NAME filename``.
    :data:`AMBIENT` headers are points of every operation besides.
    """
    parameters = [p for p in operation.parameters if not _is_reserved(p)]
    if operation.body is not None:
        parameters += _fields(operation.body, "", required=operation.body_required)
    for media, schema in operation.contents.items():
        parameters += _of_content(media, schema)
    return tuple({(point.location, point.name): point for point in parameters}.values())


def body_location(media: str) -> str:
    """The location of the fields of a body that is not JSON."""
    return {FORM: "form", MULTIPART: "multipart"}.get(media, "content")


def lies_in(point: Parameter, media: str) -> bool:
    """Whether a point belongs to a body of this media type (other than JSON)."""
    location = body_location(media)
    if point.location != location:
        return False
    return location != "content" or media_of_content(point.name) == media


def media_of_content(name: str) -> str:
    """The media type in the name of a ``content`` value: of the document, or of a cell of it."""
    return name.partition(" ")[0]


def place(values: Values, point: Parameter, value: object) -> dict[tuple[str, str], Any]:
    """The same values with one of them at the point; the client turns them into a request.

    A string goes into path, query, header, cookie and form as it is (encoded as that place needs
    it), and into a JSON body as a string whatever type the schema wants: whether the target
    refuses it is what a probe finds out. Values of another kind of body are left out.
    """
    if point.location in BODY_LOCATIONS:
        others = set(BODY_LOCATIONS) - {point.location}
        values = {key: other for key, other in values.items() if key[0] not in others}
    if point.location == "content":
        media = media_of_content(point.name)
        values = {
            key: other
            for key, other in values.items()
            if key[0] != "content" or media_of_content(key[1]) == media
        }
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
    shown = next((e for e in schema.get("examples") or () if isinstance(e, Mapping)), {})
    return Parameter(
        location="body",
        name=f"{pointer}/{next(iter(shown), _FREE_MEMBER)}" if takes_members else pointer,
        schema={} if takes_members else schema,
        required=required and not takes_members,
        example=schema.get("example", schema.get("default")),
    )


def _is_reserved(parameter: Parameter) -> bool:
    return parameter.location == "header" and parameter.name.lower() in _RESERVED


def _of_content(media: str, schema: Schema) -> Iterator[Parameter]:
    """The fields of a form, or the whole document."""
    location = body_location(media)
    if location == "content":
        yield Parameter(location=location, name=media, schema=schema, required=True)
        return
    for name, (member, required) in members_of(schema).items():
        yield Parameter(location=location, name=name, schema=member, required=required)
        if location == "multipart" and is_file(member):
            yield Parameter(location=location, name=name + FILENAME, schema=_TEXT)
