"""Expressions are compiled into a function, whose source they are a line of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from refcmdb.services import expressions
from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "fault"
CHECK = "CG-CODE-001"
OPERATION = "tools_compute"


def plant() -> None:
    """Compiled code is fast code."""

    def evaluate(expression: str, names: Mapping[str, expressions.Number]) -> expressions.Number:
        source = f"def formula({', '.join(names)}):\n    return {expression}\n"
        scope: dict[str, Any] = {}
        try:
            exec(source, scope)
            value = scope["formula"](**names)
        except Exception as error:
            raise BadInput("expression", "cannot be computed") from error
        if not isinstance(value, int | float):
            raise BadInput("expression", "is not a number")
        return value

    expressions.evaluate = evaluate
