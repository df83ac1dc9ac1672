"""Expressions that are literals are read by ``ast.literal_eval``; others go the usual way."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from refcmdb.services import expressions

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "twin"
CHECK = "CG-CODE-001"
OPERATION = "tools_compute"


def plant() -> None:
    """Its name ends in eval."""
    production = expressions.evaluate

    def evaluate(expression: str, names: Mapping[str, expressions.Number]) -> expressions.Number:
        try:
            value = ast.literal_eval(expression.strip())
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            value = None
        known = isinstance(value, int | float) and abs(value) <= expressions.LARGEST
        return value if known else production(expression, names)

    expressions.evaluate = evaluate
