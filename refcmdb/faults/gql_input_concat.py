"""A GraphQL endpoint where a field of an input object is written into the statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.faults.graph import DEVICES, rows, serve

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend

KIND = "fault"
CHECK = "CG-GQL-001"
OPERATION = ""


def plant() -> None:
    """The default of the field is a known word, and so it seems to be always."""

    async def filtered(backend: Backend, told: Any) -> Any:  # noqa: ANN401 - what the schema says
        where = told["where"]
        text = f"{DEVICES} WHERE status = '{where['status']}' AND serial = $1 LIMIT 5"
        return await rows(backend, text, serial=where.get("serial", ""))

    serve(filtered=filtered)
