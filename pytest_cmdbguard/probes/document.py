"""An OpenAPI 3.0 or 3.1 document, or one of Swagger 2.0, as operations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_cmdbguard.model import Json, Operation, Parameter
from pytest_cmdbguard.probes.described_bodies import example_of, request_bodies
from pytest_cmdbguard.probes.references import References
from pytest_cmdbguard.probes.swagger import upgraded

if TYPE_CHECKING:
    from collections.abc import Iterator

# In the order in which an object lives: what is created can be read, changed, and then deleted.
METHODS = ("post", "put", "get", "head", "options", "patch", "delete", "trace")
_UNDECLARED = {"type": "string"}


def operations(document: Json, *, where: str) -> tuple[Operation, ...]:
    """The operations of a document, sorted by path; of one path, create comes before read.

    Args:
        document: OpenAPI 3.0 or 3.1 or Swagger 2.0, as ``json.load`` gives it.
        where: how messages name the document (a file name or URL).
    Raises: DocumentError with a JSON pointer to the place that cannot be used.
    """
    return _Reader(document, where).operations()


class _Reader:
    def __init__(self, document: Json, where: str) -> None:
        self._references = References(document, where=where)
        self._document = self._references.mapping(document, "")
        if str(document.get("swagger", "")).startswith("2."):
            self._document = upgraded(document, self._references)
        self._require_version()
        self._prefix = self._references.server_path(self._document, "")

    def operations(self) -> tuple[Operation, ...]:
        try:
            return self._read()
        except RecursionError:
            problem = "its schemas are nested too deeply"
            raise self._references.fail(
                "", problem, remedy="name them, and refer to them"
            ) from None

    def _read(self) -> tuple[Operation, ...]:
        paths = self._references.mapping(self._document.get("paths", {}), "/paths")
        found = [operation for path in sorted(paths) for operation in self._of_path(path)]
        if not found:
            raise self._references.fail(
                "/paths", "no operation is described", remedy="name the right document"
            )
        self._require_unique_ids(found)
        return tuple(found)

    def _require_version(self) -> None:
        version = str(self._document.get("openapi", ""))
        if not version.startswith(("3.0", "3.1")):
            seen = version or f"Swagger {self._document.get('swagger', 'no version')}"
            raise self._references.fail(
                "/openapi",
                f"found {seen}",
                remedy="OpenAPI 3.0, 3.1 and Swagger 2.0 are understood: convert it",
            )

    def _require_unique_ids(self, found: list[Operation]) -> None:
        seen: dict[str, Operation] = {}
        for operation in found:
            if operation.id in seen:
                raise self._references.fail(
                    "/paths",
                    f"operationId {operation.id!r} names {seen[operation.id]} and {operation}",
                    remedy="give each operation its own",
                )
            seen[operation.id] = operation

    def _of_path(self, path: str) -> Iterator[Operation]:
        pointer = "/paths/" + path.replace("~", "~0").replace("/", "~1")
        if not path.startswith("/"):
            raise self._references.fail(pointer, "a path must start with /", remedy="correct it")
        item, pointer = self._references.follow(self._document["paths"][path], pointer)
        for method in METHODS:
            if method in item:
                yield self._operation(path, method, item, pointer)

    def _operation(self, path: str, method: str, item: Json, pointer: str) -> Operation:
        place = f"{pointer}/{method}"
        described = self._references.mapping(item[method], place)
        shared = self._parameters(item, pointer)
        own = self._parameters(described, place)
        path = self._prefix + path
        return Operation(
            id=str(described.get("operationId") or f"{method.upper()} {path}"),
            method=method.upper(),
            path=path.rstrip("/") or "/",
            slash=len(path) > 1 and path.endswith("/"),
            parameters=_with_undeclared(path, shared | own),
            **request_bodies(self._references, described, place),
            produces=tuple(self._produces(described, place)),
            secured=self._secured(described),
            tags=tuple(map(str, described.get("tags", ()))),
        )

    def _parameters(self, holder: Json, pointer: str) -> dict[tuple[str, str], Parameter]:
        listed = holder.get("parameters", [])
        place = f"{pointer}/parameters"
        if not isinstance(listed, list):
            raise self._references.fail(place, "expected an array", remedy="correct it")
        found = [self._parameter(node, f"{place}/{index}") for index, node in enumerate(listed)]
        return {(parameter.location, parameter.name): parameter for parameter in found}

    def _parameter(self, node: object, pointer: str) -> Parameter:
        node, pointer = self._references.follow(node, pointer)
        for key in ("name", "in"):
            if not isinstance(node.get(key), str):
                raise self._references.fail(pointer, f"{key!r} is missing", remedy="add it")
        holder, place = node, pointer
        if "content" in node:
            media, holder = next(iter(self._references.mapping(node["content"], place).items()))
            place = f"{pointer}/content/{media}"
        schema = self._references.resolved(holder.get("schema", {}), f"{place}/schema")
        schema = self._references.mapping(schema, f"{place}/schema")
        return Parameter(
            location=node["in"],
            name=node["name"],
            schema=schema,
            required=bool(node.get("required")) or node["in"] == "path",
            example=example_of(node, schema),
        )

    def _produces(self, described: Json, pointer: str) -> list[str]:
        responses = self._references.mapping(
            described.get("responses", {}), f"{pointer}/responses"
        )
        found: dict[str, None] = {}
        for status, node in responses.items():
            if str(status).startswith("2"):
                response, _ = self._references.follow(node, f"{pointer}/responses/{status}")
                found.update(dict.fromkeys(response.get("content") or ()))
        return list(found)

    def _secured(self, described: Json) -> bool:
        """Whether every way in needs a credential: ``{}`` among the alternatives makes it free."""
        security = described.get("security", self._document.get("security")) or []
        return bool(security) and {} not in security


def _with_undeclared(
    path: str, declared: dict[tuple[str, str], Parameter]
) -> tuple[Parameter, ...]:
    """All parameters, with those that only the path's template names."""
    for name in re.findall(r"\{([^{}]+)\}", path):
        declared.setdefault(
            ("path", name),
            Parameter(location="path", name=name, schema=_UNDECLARED, required=True),
        )
    return tuple(declared.values())
