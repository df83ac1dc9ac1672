"""Arithmetic on the figures of a device: a small language of its own, written like Python.

The text is parsed and never compiled: what is not in the tables below does not exist.
"""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from refcmdb.services.bad_input import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Number = int | float
FIELD = "expression"
LARGEST = 10**15
MOST_DECIMALS = 6

BINARY: dict[type[ast.operator], Callable[[Any, Any], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
UNARY: dict[type[ast.unaryop], Callable[[Any], Number]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}


def rounded(value: Number, digits: Number = 0) -> Number:
    """``value`` with 0 to 6 decimals. Raises: BadInput; Python's own takes years for some."""
    if digits not in range(MOST_DECIMALS + 1):
        raise BadInput(FIELD, f"rounds to 0 to {MOST_DECIMALS} decimals")
    return round(value, int(digits))


FUNCTIONS: dict[str, Callable[..., Number]] = {
    "abs": abs,
    "max": max,
    "min": min,
    "round": rounded,
}


def evaluate(expression: str, names: Mapping[str, Number]) -> Number:
    """The value of ``expression``; ``names`` are its variables.

    Raises: BadInput with what is wrong in it.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise BadInput(FIELD, "is not an expression") from None
    try:
        return value_of(tree.body, names)
    except ZeroDivisionError:
        raise BadInput(FIELD, "divides by zero") from None
    except (TypeError, ValueError, RecursionError):
        raise BadInput(FIELD, "cannot be computed") from None


def value_of(node: ast.expr, names: Mapping[str, Number]) -> Number:
    """The value of a part. Raises: BadInput, ZeroDivisionError, TypeError."""
    value = _computed(node, names)
    if not -LARGEST <= value <= LARGEST:
        raise BadInput(FIELD, f"has a value beyond {LARGEST:g}")
    return value


def _computed(node: ast.expr, names: Mapping[str, Number]) -> Number:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            return BINARY[type(op)](value_of(left, names), value_of(right, names))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
            return UNARY[type(op)](value_of(operand, names))
    return _decided(node, names)


def _decided(node: ast.expr, names: Mapping[str, Number]) -> Number:
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
            return COMPARISONS[type(op)](value_of(left, names), value_of(right, names))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return value_of(body if value_of(test, names) else orelse, names)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](*(value_of(argument, names) for argument in args))
    raise BadInput(FIELD, _complaint(node, names))


def _complaint(node: ast.expr, names: Mapping[str, Number]) -> str:
    if isinstance(node, ast.Name):
        return f"knows {', '.join(sorted(names))}, and not {node.id[:50]}"
    return f"cannot contain {type(node).__name__} here"
