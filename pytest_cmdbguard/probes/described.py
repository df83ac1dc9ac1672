"""What the OpenAPI document says of the answers of an operation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.probes.references import References
from pytest_cmdbguard.probes.schemas import branches

if TYPE_CHECKING:
    from pytest_cmdbguard.model import Json, Operation

_WITHOUT_BODY = {"204", "205"}
_JSON = re.compile(r"application/(?:[\w.-]+\+)?json\b", re.IGNORECASE)


class Answers:
    """The schemas of successful JSON answers, resolved when asked for.

    Args:
        document: OpenAPI 3.0 or 3.1.
        where: how messages name the document.
    """

    def __init__(self, document: Json, *, where: str) -> None:
        self._references = References(document, where=where)
        self._paths: Json = document.get("paths", {})
        self._prefix = self._references.server_path(document, "")

    def schema(self, operation: Operation, status: int) -> Mapping[str, Any] | None:
        """Of the JSON that a status carries; None where the document says nothing of it."""
        path, responses = self._responses(operation)
        pointer = f"/paths/{path.replace('/', '~1')}/{operation.method.lower()}/responses"
        node = responses.get(str(status), responses.get(f"{status // 100}XX"))
        if node is None:
            return None
        response, place = self._references.follow(node, f"{pointer}/{status}")
        media = next((m for m in response.get("content") or () if _JSON.match(m)), None)
        if media is None:
            return None
        schema = response["content"][media].get("schema")
        if not isinstance(schema, dict):
            return None
        resolved: Mapping[str, Any] = self._references.resolved(schema, f"{place}/content/{media}")
        return resolved

    def are_empty(self, operation: Operation) -> bool:
        """Whether the document knows successes and none of them has a body (RFC 9110, 15.3.5)."""
        _, responses = self._responses(operation)
        successes = {str(status) for status in responses if str(status).startswith("2")}
        return bool(successes) and successes <= _WITHOUT_BODY

    def _responses(self, operation: Operation) -> tuple[str, Json]:
        """Its path in the document, and its answers by status."""
        path = operation.route.removeprefix(self._prefix)
        described = self._paths.get(path, {}).get(operation.method.lower(), {})
        return path, described.get("responses", {})


def undocumented(value: object, schema: Mapping[str, Any], pointer: str = "") -> Iterator[str]:
    """JSON pointers of the members that a schema with properties does not name.

    An object whose schema names no properties, or says what others may be like, takes any.
    """
    if isinstance(value, list):
        items = next((b["items"] for b in branches(schema) if "items" in b), None)
        if isinstance(items, Mapping):
            for child in value:
                yield from undocumented(child, items, f"{pointer}/0")
    if not isinstance(value, dict):
        return
    known: dict[str, Any] = {}
    for branch in branches(schema):
        if branch.get("additionalProperties") or branch.get("patternProperties"):
            return
        known |= branch.get("properties") or {}
    for name, child in value.items() if known else ():
        if name not in known:
            yield f"{pointer}/{name}"
        elif isinstance(known[name], Mapping):
            yield from undocumented(child, known[name], f"{pointer}/{name}")
