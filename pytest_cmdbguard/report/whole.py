"""Files of the report are there whole or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_json(path: Path, content: object, *, indent: int | None = 2) -> None:
    """Write JSON under this name; an older file stays as it is until the new one is complete.

    Raises: OSError when the directory cannot be made or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.tmp")
    try:
        draft.write_text(json.dumps(content, indent=indent) + "\n", encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
