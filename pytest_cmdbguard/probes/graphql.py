"""GraphQL: one valid request per field of a schema, its arguments as variables (October 2021)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.model import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Fields = dict[str, Any]

_REFERENCE = "kind name"
for _ in range(7):  # a list of required lists of required things, and some more
    _REFERENCE = f"kind name ofType {{ {_REFERENCE} }}"
_ARGUMENT = f"name defaultValue type {{ {_REFERENCE} }}"
INTROSPECTION = (
    "query cmdbguard { __schema { queryType { name } mutationType { name } types { kind name "
    f"fields(includeDeprecated: true) {{ name args {{ {_ARGUMENT} }} type {{ {_REFERENCE} }} }} "
    f"inputFields {{ {_ARGUMENT} }} enumValues {{ name }} possibleTypes {{ name }} }} }} }}"
)
_SCALARS: Mapping[str, Fields] = {
    "Int": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
    "Float": {"type": "number"},
    "Boolean": {"type": "boolean"},
    "UUID": {"type": "string", "format": "uuid"},
    "Date": {"type": "string", "format": "date"},
    "DateTime": {"type": "string", "format": "date-time"},
    "Time": {"type": "string", "format": "time"},
    "JSON": {"type": "object"},
    "JSONString": {"type": "string", "example": "{}"},
}
_LEAVES = frozenset({"SCALAR", "ENUM"})
_NESTED = frozenset({"OBJECT", "INTERFACE"})
_DEEPEST_INPUT, _DEEPEST_ANSWER, _MOST_NESTED = 3, 2, 5
QUERY = "/query"  # the document itself, which is no place of input


class Schema:
    """A schema as introspection tells it.

    Args:
        told: the content of ``__schema``.
        path: of the endpoint.
    Raises: KeyError, TypeError for what is no such content.
    """

    def __init__(self, told: Mapping[str, Any], path: str) -> None:
        self._path = path
        self._types: dict[str, Fields] = {one["name"]: one for one in told["types"]}
        roots = {"query": told["queryType"], "mutation": told.get("mutationType")}
        self._roots = {kind: root["name"] for kind, root in roots.items() if root}

    def operations(self, ids: Mapping[str, Any]) -> Iterator[Operation]:
        """One per field of queries and mutations.

        A variable is called ``FIELD_ARGUMENT``, so that it names its place among all of them.

        Args:
            ids: of objects that exist, by the name of their type, in lower case.
        """
        for kind, root in self._roots.items():
            for field in self._types[root]["fields"]:
                yield self._operation(kind, field, ids)

    def _operation(self, kind: str, field: Fields, ids: Mapping[str, Any]) -> Operation:
        name, arguments = field["name"], field["args"]
        variables = {argument["name"]: f"{name}_{argument['name']}" for argument in arguments}
        declared = ", ".join(
            f"${variables[argument['name']]}: {_declared(argument)}" for argument in arguments
        )
        passed = ", ".join(f"{argument}: ${variable}" for argument, variable in variables.items())
        answer = _named(field["type"])["name"]
        text = (
            f"{kind} cmdbguard{f'({declared})' if declared else ''} "
            f"{{ {name}{f'({passed})' if passed else ''}{self._selection(answer)} }}"
        )
        examples = {a["name"]: _id_for(a["name"], answer, ids) for a in arguments}
        return Operation(
            id=f"graphql_{kind}_{name}",
            method="POST",
            path=self._path,
            body={
                "type": "object",
                "required": ["query", "variables"],
                "properties": {
                    "query": {"type": "string", "const": text},
                    "variables": self._object(arguments, variables, examples, depth=0),
                },
            },
            body_required=True,
        )

    def _object(
        self,
        members: list[Fields],
        names: Mapping[str, str],
        examples: Mapping[str, Any],
        *,
        depth: int,
    ) -> Fields:
        properties = {}
        for member in members:
            schema = self._input(member["type"], depth)
            if (example := examples.get(member["name"])) is not None:
                schema = {**schema, "example": example}
            properties[names.get(member["name"], member["name"])] = schema
        needed = [names.get(m["name"], m["name"]) for m in members if _is_required(m)]
        return {"type": "object", "properties": properties, "required": needed}

    def _input(self, reference: Fields, depth: int) -> Fields:
        """The JSON schema of an input type."""
        match reference["kind"]:
            case "NON_NULL":
                return self._input(reference["ofType"], depth)
            case "LIST":
                inner = self._input(reference["ofType"], depth)
                return {"type": "array", "items": inner, "minItems": 1}
            case "ENUM":
                values = self._types[reference["name"]]["enumValues"]
                return {"type": "string", "enum": [value["name"] for value in values]}
            case "INPUT_OBJECT":
                members = self._types[reference["name"]]["inputFields"]
                if depth >= _DEEPEST_INPUT:
                    members = [member for member in members if _is_required(member)]
                if depth >= 2 * _DEEPEST_INPUT:  # it needs itself: there is no such value
                    return {"type": "object", "properties": {}, "additionalProperties": False}
                return self._object(members, {}, {}, depth=depth + 1)
            case _:
                return dict(_SCALARS.get(reference["name"], {"type": "string"}))

    def _selection(self, name: str, depth: int = 0) -> str:
        """What is asked of an answer: its plain fields, and those of some objects in it."""
        kind = self._types[name]["kind"]
        if kind in _LEAVES:
            return ""
        fields = self._types[name]["fields"] or () if kind in _NESTED else ()
        free = [field for field in fields if not any(map(_is_required, field["args"]))]
        found, deeper = ["__typename"], 0
        for field in free:
            answer = _named(field["type"])
            if answer["kind"] in _LEAVES:
                found.append(field["name"])
            elif depth < _DEEPEST_ANSWER and deeper < _MOST_NESTED:
                deeper += 1
                found.append(field["name"] + self._selection(answer["name"], depth + 1))
        return f" {{ {' '.join(found)} }}"


def ids_in(answer: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON value
    """The type names of objects in an answer, in lower case, and their ids."""
    if isinstance(answer, list):
        for one in answer:
            yield from ids_in(one)
    elif isinstance(answer, dict):
        if isinstance(answer.get("__typename"), str) and answer.get("id") is not None:
            yield answer["__typename"].lower(), answer["id"]
        for one in answer.values():
            yield from ids_in(one)


def _id_for(argument: str, answer: str, ids: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as above
    """The id that an argument may be: of the type that it or the answer names."""
    named = re.fullmatch(r"(.*?)_?(?:id|pk|uuid)", argument, re.IGNORECASE)
    return ids.get((named[1] or answer).lower()) if named else None


def _declared(argument: Fields) -> str:
    """The type of its variable: what has a default may be left out (October 2021, 5.8.5)."""
    reference = argument["type"]
    if reference["kind"] == "NON_NULL" and not _is_required(argument):
        reference = reference["ofType"]
    return _written(reference)


def _written(reference: Fields) -> str:
    """A type as it stands in a document."""
    match reference["kind"]:
        case "NON_NULL":
            return f"{_written(reference['ofType'])}!"
        case "LIST":
            return f"[{_written(reference['ofType'])}]"
        case _:
            return str(reference["name"])


def _named(reference: Fields) -> Fields:
    while reference["kind"] in {"NON_NULL", "LIST"}:
        reference = reference["ofType"]
    return reference


def _is_required(argument: Fields) -> bool:
    return argument["type"]["kind"] == "NON_NULL" and argument.get("defaultValue") is None
