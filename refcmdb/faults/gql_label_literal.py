"""A GraphQL endpoint where a label may be a literal: parsed, and never run."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from refcmdb.faults.graph import serve

if TYPE_CHECKING:
    from refcmdb.api.reading import Backend

KIND = "twin"
CHECK = "CG-GQL-002"
OPERATION = ""


def plant() -> None:
    """For labels with numbers in them."""

    async def label(_backend: Backend, told: Any) -> Any:  # noqa: ANN401 - what the schema says
        try:
            return str(ast.literal_eval(told["text"]))
        except (ValueError, SyntaxError):
            return told["text"]

    serve(label=label)
