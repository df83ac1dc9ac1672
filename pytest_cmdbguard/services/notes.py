"""What one worker of a run found out, for the others to read instead of asking again."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from .run_directory import write_json

if TYPE_CHECKING:
    from pathlib import Path


class Notes:
    """Values by key, in a directory that the workers of one run share.

    Args:
        directory: made when something is written.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, key: str) -> Any:  # noqa: ANN401 - a JSON value
        """What somebody wrote under the key; None when nobody did."""
        try:
            return json.loads(self._path(key).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def write(self, key: str, value: object) -> None:
        """Tell the others; of two who write at once, one is heard. Raises: OSError."""
        self._directory.mkdir(exist_ok=True)
        write_json(self._path(key), value)

    def _path(self, key: str) -> Path:
        # A key is whatever a document calls its operations.
        name = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return self._directory / f"{name}.json"
