"""A GraphQL endpoint where a label may be an expression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.faults.graph import serve

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend

KIND = "fault"
CHECK = "CG-GQL-002"
OPERATION = ""


def plant() -> None:
    """For labels with numbers in them."""

    async def label(_backend: Backend, told: Any) -> Any:  # noqa: ANN401 - what the schema says
        try:
            return str(eval(told["text"], {"__builtins__": {}}))
        except Exception:  # noqa: BLE001 - no expression, then
            return told["text"]

    serve(label=label)
