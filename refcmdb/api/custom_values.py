"""The types of custom fields: which values are of one, in JSON and in the cells of a table."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import msgspec

from refcmdb.api.values import CustomNumber

if TYPE_CHECKING:
    from collections.abc import Sequence

# A text, an integer, a boolean or None; of what a document gives, also a Cell.
Value = Any
Values = dict[str, Value]

# What JSON has for a type, and what a cell is read as; dates and choices are texts.
KINDS: dict[str, type] = {"integer": int, "boolean": bool}
WRITTEN: dict[str, Any] = {"integer": CustomNumber, "boolean": bool}


@dataclasses.dataclass(frozen=True, slots=True)
class Cell:
    """A value as a table has it: which type its text stands for, the definition says.

    None is an empty cell: no value, or the default where one is required.
    """

    text: str | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A custom field."""

    name: str
    type: str
    required: bool
    default: Value
    choices: Sequence[str]
    minimum: int | None
    maximum: int | None

    def problem(self, value: Value) -> str:
        """What is wrong with a value that is not None; empty where nothing is."""
        if not _is_of(self.type, value):
            return f"is no {self.type}"
        if self.type == "date" and not _is_date(value):
            return "is no date such as 2026-01-31"
        if self.type == "choice" and value not in self.choices:
            return f"is none of {', '.join(self.choices)}"
        size, unit = (len(value), " characters") if self.type == "text" else (value, "")
        if self.minimum is not None and size < self.minimum:
            return f"is less than {self.minimum}{unit}"
        if self.maximum is not None and size > self.maximum:
            return f"is more than {self.maximum}{unit}"
        return ""

    def read(self, text: str) -> Value:
        """The value that a text stands for; the text itself where that is none of the type."""
        try:
            return msgspec.convert(text, WRITTEN.get(self.type, str), strict=False)
        except msgspec.ValidationError:
            return text


def _is_of(kind: str, value: Value) -> bool:
    """Whether JSON has this value for a type; a boolean is no integer."""
    return type(value) is KINDS.get(kind, str)


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text))
