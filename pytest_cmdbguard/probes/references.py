"""An OpenAPI document without ``$ref``, its schemas in one dialect: JSON Schema 2020-12."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_cmdbguard.errors import DocumentError

if TYPE_CHECKING:
    from pytest_cmdbguard.model import Json

Node = Any


class References:
    """Resolves local references of one document.

    A reference that leads back to itself becomes ``{}`` (anything goes), so that the result is
    finite; whoever needs a proof of invalidity only gets a weaker one by it, never a false one.
    """

    def __init__(self, document: Json, *, where: str) -> None:
        self._document, self.where = document, where

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

    def resolved(self, node: Node, pointer: str, *, within: tuple[str, ...] = ()) -> Node:
        """A copy of a schema in which nothing refers to anything.

        Raises: DocumentError.
        """
        if isinstance(node, list):
            return [
                self.resolved(child, f"{pointer}/{index}", within=within)
                for index, child in enumerate(node)
            ]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            return self._replaced(node, pointer, within)
        copy = {
            key: self.resolved(child, f"{pointer}/{_escaped(key)}", within=within)
            for key, child in node.items()
        }
        return _modern(copy)

    def _replaced(self, node: Json, pointer: str, within: tuple[str, ...]) -> Node:
        if node["$ref"] in within:
            return {}
        target, place = self._target(node["$ref"], pointer)
        found = self.resolved(target, place, within=(*within, node["$ref"]))
        beside = {key: child for key, child in node.items() if key != "$ref"}
        if not beside or not isinstance(found, dict):
            return found
        return found | self.resolved(beside, pointer, within=within)

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
