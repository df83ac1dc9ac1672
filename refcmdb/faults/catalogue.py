"""What can be planted."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refcmdb import faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

# Modules without this line are tools of the others.
MARK = '\nKIND = "'
TOLD = frozenset(
    {"KIND", "CHECK", "OPERATION", "ALSO", "SHOWS", "ADVISORY", "CONTAINER", "SERVICES"}
)


def names() -> list[str]:
    """The names, as ``serve --fault`` takes them."""
    return [name for name, _ in _texts()]


def entries() -> list[dict[str, Any]]:
    """One entry per fault and twin.

    ``also`` holds further checks that rightly see it, ``shows`` what becomes of its own check,
    ``advisory`` the component and version that are to be known as weak while it is tried,
    ``container`` what is different about its container: ``run`` are options that it is started
    with, ``image`` lines that its image gets, ``age_days`` how long ago that was built, and
    ``file`` one of the files for containers, in which ``new`` stands in place of ``old``.
    ``services`` names how services must run where it makes sense with one kind only.

    The modules are read, not imported: that would load all of the product for a list.
    """
    return [_entry(name, ast.parse(text)) for name, text in _texts()]


def _texts() -> Iterator[tuple[str, str]]:
    for path in sorted(Path(faults.__path__[0]).glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if MARK in text:
            yield path.stem.replace("_", "-"), text


def plant(name: str) -> None:
    """Plant one; ``name`` is one of :func:`names`."""
    _module(name).plant()


def _entry(name: str, module: ast.Module) -> dict[str, Any]:
    told = {
        target.id: ast.literal_eval(node.value)
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in TOLD
    }
    return {
        "name": name,
        "kind": told["KIND"],
        "check": told["CHECK"],
        "operation": told["OPERATION"],
        "also": list(told.get("ALSO", ())),
        "shows": told.get("SHOWS", "finding"),
        "advisory": list(told.get("ADVISORY", ())),
        "container": told.get("CONTAINER", {}),
        "services": told.get("SERVICES", ""),
        "summary": " ".join((ast.get_docstring(module) or "").split()),
    }


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"refcmdb.faults.{name.replace('-', '_')}")
