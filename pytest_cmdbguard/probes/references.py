"""An OpenAPI document without ``$ref``, its schemas in one dialect: JSON Schema 2020-12."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pytest_cmdbguard.errors import DocumentError
from pytest_cmdbguard.probes.keywords import readable

if TYPE_CHECKING:
    from pytest_cmdbguard.model import Json

Node = Any

# Schemas that refer to each other grow by powers: what is larger is cut at fewer references.
_MOST_NODES = 20_000
_DEPTHS = (12, 6, 4, 3, 2, 1)


# What stands below a keyword: schemas by name, or plain values; else schemas.
_BELOW = {
    **dict.fromkeys(("properties", "patternProperties", "$defs", "definitions"), "map"),
    **dict.fromkeys(("example", "examples", "default", "const", "enum"), "value"),
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """How a node was reached: through which references, and as what."""

    deepest: int
    within: tuple[str, ...] = ()
    kind: str = "schema"

    def to(self, key: str) -> _Way:
        kind = _BELOW.get(key, "schema") if self.kind == "schema" else "schema"
        return dataclasses.replace(self, kind=kind)

    def through(self, reference: str) -> _Way:
        return dataclasses.replace(self, within=(*self.within, reference))


class _TooLarge(Exception):
    """A schema has more nodes than anybody reads."""


class References:
    """Resolves local references of one document.

    A reference that leads back to itself becomes ``{}`` (anything goes), so that the result is
    finite; so do references deep inside of a schema that would become too large. Whoever needs a
    proof of invalidity only gets a weaker one by it, never a false one.
    """

    def __init__(self, document: Json, *, where: str) -> None:
        self._document, self.where = document, where
        self._left = 0

    def fail(self, pointer: str, problem: str, *, remedy: str) -> DocumentError:
        """The error for a place in the document, ready to be raised."""
        return DocumentError(f"{self.where}#{pointer}", problem, remedy=remedy)

    def mapping(self, node: Node, pointer: str) -> Json:
        """The node itself, if it is an object.

        Raises: DocumentError.
        """
        if not isinstance(node, dict):
            kind = type(node).__name__
            raise self.fail(pointer, f"expected an object, found {kind}", remedy="correct it")
        return node

    def follow(self, node: Node, pointer: str) -> tuple[Json, str]:
        """The object that a node is or refers to, and where it stands.

        Raises: DocumentError.
        """
        seen = set()
        while "$ref" in self.mapping(node, pointer):
            if pointer in seen:
                raise self.fail(
                    pointer, "the reference leads to itself", remedy="break the circle"
                )
            seen.add(pointer)
            node, pointer = self._target(node["$ref"], pointer)
        return node, pointer

    def resolved(self, node: Node, pointer: str) -> Node:
        """A copy of a schema in which nothing refers to anything.

        Raises: DocumentError.
        """
        for deepest in _DEPTHS:
            self._left = _MOST_NODES
            try:
                return self._resolved(node, pointer, _Way(deepest=deepest))
            except _TooLarge:
                continue
        return {}

    def server_path(self, holder: Json, pointer: str) -> str:
        """The path that stands before those of a holder of ``servers``, without slash at its end.

        Where the first server is does not matter: everything is sent to the target.
        """
        servers = holder.get("servers")
        if not (isinstance(servers, list) and servers):
            return ""
        pointer = f"{pointer}/servers/0"
        server = self.mapping(servers[0], pointer)
        variables = self.mapping(server.get("variables") or {}, f"{pointer}/variables")
        url = str(server.get("url", ""))
        for name, variable in variables.items():
            told = self.mapping(variable, f"{pointer}/variables/{name}").get("default", "")
            url = url.replace("{" + str(name) + "}", str(told))
        try:
            path = urlsplit(url).path.strip("/")
        except ValueError as error:
            raise self.fail(
                f"{pointer}/url", f"is no URL ({error})", remedy="correct it"
            ) from None
        return re.sub("^(?=.)", "/", path)

    def _resolved(self, node: Node, pointer: str, way: _Way) -> Node:
        self._left -= 1
        if self._left < 0 and way.within:
            raise _TooLarge
        if isinstance(node, list):
            return [
                self._resolved(child, f"{pointer}/{index}", way)
                for index, child in enumerate(node)
            ]
        if not isinstance(node, dict) or way.kind == "value":
            return node
        if way.kind == "schema" and isinstance(node.get("$ref"), str):
            return self._replaced(node, pointer, way)
        copy = {
            key: self._resolved(child, f"{pointer}/{_escaped(key)}", way.to(key))
            for key, child in node.items()
        }
        return readable(_modern(copy)) if way.kind == "schema" else copy

    def _replaced(self, node: Json, pointer: str, way: _Way) -> Node:
        target, place = self._target(node["$ref"], pointer)
        if node["$ref"] in way.within or len(way.within) >= way.deepest:
            return {}
        found = self._resolved(target, place, way.through(node["$ref"]))
        beside = {key: child for key, child in node.items() if key != "$ref"}
        if not beside or not isinstance(found, dict):
            return found
        return found | self._resolved(beside, pointer, way)

    def _target(self, reference: str, pointer: str) -> tuple[Node, str]:
        remedy = "only references inside the document (#/…) are followed; bundle it first"
        if not str(reference).startswith("#"):
            raise self.fail(pointer, f"$ref {reference!r} leads outside", remedy=remedy)
        node: Node = self._document
        for part in unquote(reference[1:]).split("/")[1:]:
            node = _child(node, part.replace("~1", "/").replace("~0", "~"))
            if node is None:
                raise self.fail(pointer, f"$ref {reference!r} leads nowhere", remedy="correct it")
        return node, reference[1:]


def _child(node: Node, key: str) -> Node:
    if isinstance(node, list):
        return node[int(key)] if key.isdigit() and int(key) < len(node) else None
    return node.get(key) if isinstance(node, dict) else None


def _escaped(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def _modern(schema: Json) -> Json:
    """OpenAPI 3.0's own keywords in the words of JSON Schema 2020-12."""
    if schema.get("nullable") is True and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
        del schema["nullable"]
        if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if schema.get(exclusive) is True and limit in schema:
            schema[exclusive] = schema.pop(limit)
        elif isinstance(schema.get(exclusive), bool):
            del schema[exclusive]
    return schema
