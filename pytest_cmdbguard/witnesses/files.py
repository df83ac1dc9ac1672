"""The file witness: secrets that no request may get at, and a place that no request may fill."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cmdbguard.model import Exchange

# A target may add an ending to a name, or insist on one.
ENDINGS = ("", ".txt", ".csv", ".json", ".html", ".xml", ".yaml", ".pdf", ".png")


class FileWitness:
    """The sentinel files and the drop directory of one instance.

    Both lie in the directory of the run, outside everything that the target serves or stores.

    Args:
        directory: of the instance's watch; None where nothing was laid (the target runs on
            another machine, or somebody else started it).
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._secrets: dict[str, bytes] = {}

    @property
    def sees(self) -> bool:
        """Whether the target shares this machine's files with us."""
        return self._directory is not None

    @property
    def drop(self) -> str:
        """The directory into which nothing of the target's own ever writes."""
        return str(self._directory / "drop") if self._directory else ""

    def plant(self, token: str, *, ending: str = "") -> str:
        """The path of a file with a fresh secret; the token stands in the path, nowhere else.

        There are files with all of :data:`ENDINGS` beside it.
        """
        if self._directory is None:
            return ""
        secret = secrets.token_hex(16)
        self._secrets[token] = secret.encode()
        place = self._directory / "sentinels" / token
        place.mkdir(parents=True, exist_ok=True)
        for other in ENDINGS:
            (place / f"sentinel{other}").write_text(secret, encoding="utf-8")
        return str(place / f"sentinel{ending}")

    def shown(self, token: str, answers: list[Exchange]) -> str:
        """The secret of a token's sentinel where an answer has it, else nothing."""
        secret = self._secrets.get(token)
        if secret and any(secret in answer.body for answer in answers):
            return secret.decode()
        return ""

    def dropped(self, token: str) -> list[str]:
        """Files in the drop directory that have a token in their name or content."""
        if self._directory is None:
            return []
        files = [path for path in self._directory.joinpath("drop").rglob("*") if path.is_file()]
        return [str(path) for path in files if _has(path, token)]


def _has(path: Path, token: str) -> bool:
    return token in path.name.lower() or token.encode() in path.read_bytes().lower()
