"""What can be planted."""

from __future__ import annotations

import importlib
import pathlib
from typing import TYPE_CHECKING, Any

from refcmdb import faults

if TYPE_CHECKING:
    from types import ModuleType

NOT_FAULTS = {
    *("access", "catalogue", "planting", "planting_passwords", "planting_tokens"),
    *("queries", "tools"),
}


def names() -> list[str]:
    """The names, as ``serve --fault`` takes them.

    Modules without a ``KIND`` are tools of the others. None is imported before it is planted:
    what it imports would be bound too early.
    """
    found = (path for place in faults.__path__ for path in pathlib.Path(place).glob("*.py"))
    return sorted(
        path.stem.replace("_", "-") for path in found if "\nKIND = " in path.read_text("utf-8")
    )


def entries() -> list[dict[str, Any]]:
    """One entry per fault and twin; ``also`` holds further checks that rightly see it."""
    return [_entry(name) for name in names()]


def plant(name: str) -> None:
    """Plant one; ``name`` is one of :func:`names`."""
    _module(name).plant()


def _entry(name: str) -> dict[str, Any]:
    module = _module(name)
    return {
        "name": name,
        "kind": module.KIND,
        "check": module.CHECK,
        "operation": module.OPERATION,
        "also": list(getattr(module, "ALSO", ())),
        "summary": " ".join((module.__doc__ or "").split()),
    }


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"refcmdb.faults.{name.replace('-', '_')}")
