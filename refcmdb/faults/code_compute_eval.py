"""An expression is given to ``eval`` without built-ins: it keeps nobody from Python's classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.services import expressions
from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "fault"
CHECK = "CG-CODE-001"
OPERATION = "tools_compute"


def plant() -> None:
    """It is only arithmetic."""

    def evaluate(expression: str, names: Mapping[str, expressions.Number]) -> expressions.Number:
        try:
            value = eval(expression, {"__builtins__": {}}, dict(names))
        except Exception as error:
            raise BadInput("expression", "cannot be computed") from error
        if not isinstance(value, int | float):
            raise BadInput("expression", "is not a number")
        return value

    expressions.evaluate = evaluate
