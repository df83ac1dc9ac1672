"""The roles that an OpenAPI document itself lets call its operations, as ``x-roles``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_cmdbguard.model import Json

EXTENSION = "x-roles"


def declared(document: Json) -> dict[str, tuple[str, ...]]:
    """Operation id to roles, of the operations that say so and have an id."""
    described = (
        operation
        for path in document.get("paths", {}).values()
        if isinstance(path, dict)
        for operation in path.values()
        if isinstance(operation, dict)
    )
    return {
        str(operation["operationId"]): tuple(map(str, operation[EXTENSION]))
        for operation in described
        if isinstance(operation.get(EXTENSION), list) and "operationId" in operation
    }
