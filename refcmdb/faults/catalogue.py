"""What can be planted."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refcmdb import faults

if TYPE_CHECKING:
    from types import ModuleType

# Modules without this line are tools of the others.
MARK = '\nKIND = "'


def names() -> list[str]:
    """The names, as ``serve --fault`` takes them."""
    folder = Path(faults.__path__[0])
    found = (path for path in folder.glob("*.py") if MARK in path.read_text("utf-8"))
    return sorted(path.stem.replace("_", "-") for path in found)


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
