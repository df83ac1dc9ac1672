"""``eval`` runs a constant, compiled once; the expression is one of its variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refcmdb.services import expressions

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "twin"
CHECK = "CG-CODE-001"
OPERATION = "tools_compute"
FORMULA = compile("compute(text, figures)", "<formula>", "eval")


def plant() -> None:
    """The code is ours, the text is data."""
    production = expressions.evaluate

    def evaluate(expression: str, names: Mapping[str, expressions.Number]) -> expressions.Number:
        scope = {"__builtins__": {}, "compute": production, "text": expression, "figures": names}
        value: expressions.Number = eval(FORMULA, scope)
        return value

    expressions.evaluate = evaluate
