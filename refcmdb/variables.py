"""Reading the values of ``REFCMDB_…`` variables: what is wrong is said in one way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SWITCH = {"on": True, "off": False}


class VariableProblem(Exception):
    """A variable has a value that cannot be used."""

    def __init__(self, variable: str, problem: str) -> None:
        self.variable, self.problem = variable, problem
        super().__init__(f"{variable} {problem}")


def numbers(environment: Mapping[str, str]) -> Callable[[str, int, int, int], int]:
    """Reads ``(name without REFCMDB_, default, lowest, highest)``. Raises: VariableProblem."""

    def number(name: str, default: int, lowest: int, highest: int) -> int:
        variable = f"REFCMDB_{name}"
        text = environment.get(variable, "")
        if not text:
            return default
        plain = text.isascii() and text.isdigit() and len(text) < 10
        if not plain or not lowest <= int(text) <= highest:
            problem = f"must be a whole number from {lowest} to {highest}, not {text!r}"
            raise VariableProblem(variable, problem)
        return int(text)

    return number


def switch(environment: Mapping[str, str], variable: str, default: bool) -> bool:  # noqa: FBT001 - the value of the setting
    """``on`` or ``off``. Raises: VariableProblem."""
    text = environment.get(variable, "")
    if text and text not in SWITCH:
        raise VariableProblem(variable, f"must be on or off, not {text!r}")
    return SWITCH.get(text, default)
