"""The file witness: a secret that no request may get at, and a place that no request may fill."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cmdbguard.model import Exchange


class FileWitness:
    """The sentinel files and the drop directory of one instance.

    Both lie in the directory of the run, outside everything that the target serves or stores.

    Args:
        directory: of the instance's watch; None where nothing was laid (the target runs on
            another machine, or somebody else started it).
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        found = sorted(directory.glob("zqsentinel*/sentinel")) if directory else []
        self.sentinel: Path | None = found[0] if found else None
        self._secret = found[0].read_text(encoding="utf-8").strip() if found else ""

    @property
    def sees(self) -> bool:
        """Whether the target shares this machine's files with us."""
        return self.sentinel is not None

    @property
    def sentinel_token(self) -> str:
        """What the sentinel's path has that no other path has."""
        return self.sentinel.parent.name if self.sentinel else ""

    @property
    def drop(self) -> str:
        """The directory into which nothing of the target's own ever writes."""
        return str(self._directory / "drop") if self._directory else ""

    def shown_in(self, exchange: Exchange) -> bool:
        """Whether an answer has the secret of the sentinel files."""
        return bool(self._secret) and self._secret.encode() in exchange.body

    def dropped(self, token: str) -> list[str]:
        """Files in the drop directory that have a token in their name or content."""
        if self._directory is None:
            return []
        files = [path for path in self._directory.joinpath("drop").rglob("*") if path.is_file()]
        return [str(path) for path in files if _has(path, token)]


def _has(path: Path, token: str) -> bool:
    return token in path.name.lower() or token.encode() in path.read_bytes().lower()
