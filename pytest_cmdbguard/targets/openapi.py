"""Anything with an OpenAPI document as a target, as ``cmdbguard.toml`` describes it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from pytest_cmdbguard.errors import DocumentError
from pytest_cmdbguard.services.loopback import require_loopback

from . import SpeedCase, commands, table_reader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_cmdbguard.model import Actor, Json
    from pytest_cmdbguard.settings import Settings


@dataclasses.dataclass(kw_only=True)
class OpenApiTarget:
    """A service that somebody else wrote.

    ``arguments`` start it, with the places ``{port}``, ``{database_url}`` and ``{redis_url}``;
    ``running`` is its URL when it runs already. ``seed_arguments`` fill its database
    (``{database_url}``, ``{records}``); ``seed_files`` are patterns of the files that decide
    about the rows: without them nobody knows when a snapshot is out of date, and none is kept.
    """

    directory: Path
    document_place: str
    arguments: tuple[str, ...] = ()
    running: str | None = None
    ready_path: str = "/"
    own_environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    seed_arguments: tuple[str, ...] = ()
    seed_files: tuple[str, ...] = ()
    shared: frozenset[str] = frozenset()
    actors: tuple[Actor, ...] = ()
    name: str = "openapi"
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    speed: Mapping[str, SpeedCase] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: Settings) -> OpenApiTarget:
        """Read ``[target]`` and ``[actors.NAME]``. Raises: SettingsError naming the key."""
        table = settings.tables.get("target", {})
        table_reader.require_kinds(table)
        if "document" not in table:
            raise table_reader.wrong(
                "target.document", None, "name the file of the OpenAPI document"
            )
        if ("command" in table) == ("url" in table):
            remedy = "give either command, which starts the service, or url, where it runs"
            raise table_reader.wrong("target.command", table.get("command"), remedy)
        if "url" in table:
            require_loopback(table["url"], key="target.url")
        actors = settings.tables.get("actors", {})
        return cls(
            directory=settings.rootpath,
            document_place=table["document"],
            arguments=tuple(map(str, table.get("command", ()))),
            running=table["url"].rstrip("/") if "url" in table else None,
            ready_path=table.get("ready", "/"),
            own_environment={
                key: str(value) for key, value in table.get("environment", {}).items()
            },
            seed_arguments=tuple(map(str, table.get("seed", ()))),
            seed_files=tuple(map(str, table.get("seed_files", ()))),
            shared=frozenset(table.get("shared", ())),
            actors=tuple(table_reader.actor(name, entry) for name, entry in actors.items()),
        )

    @property
    def version(self) -> str:
        """What its document says. Raises: DocumentError."""
        info = self.document().get("info", {})
        return str(info.get("version", "")) if isinstance(info, dict) else ""

    def document(self) -> Json:
        """The document, from its file or from the running service.

        Raises: DocumentError.
        """
        text = self._fetch() if self.document_place.startswith("/") else self._read()
        try:
            document = json.loads(text)
        except ValueError as error:
            raise DocumentError(
                self.document_place, f"is not JSON ({error})", remedy="export it as JSON"
            ) from None
        if not isinstance(document, dict):
            raise DocumentError(
                self.document_place, "is not a JSON object", remedy="export it as OpenAPI 3"
            )
        return document

    def seed_key(self, records: int) -> str:
        """Equal for equal seed files, command and size; empty when no files are named."""
        if not self.seed_files:
            return ""
        paths = {path for pattern in self.seed_files for path in self.directory.glob(pattern)}
        told = (self.seed_arguments, self.own_environment, records)
        digest = hashlib.sha256(repr(told).encode())
        for path in sorted(path for path in paths if path.is_file()):
            digest.update(f"{path.relative_to(self.directory)}\0".encode() + path.read_bytes())
        return f"openapi {digest.hexdigest()}"

    def seed(self, database_url: str, records: int) -> None:
        """Run the seed command, if there is one. Raises: ServiceError."""
        if self.seed_arguments:
            places = {"database_url": database_url, "records": str(records)}
            commands.run(
                self.name,
                _filled(self.seed_arguments, places),
                environment={**self.environment, **self._environment(places)},
                directory=self.directory,
            )

    def command(
        self, *, port: int, database_url: str, redis_url: str
    ) -> tuple[list[str], dict[str, str]]:
        """The command and the environment of the settings, with their places filled."""
        places = {"port": str(port), "database_url": database_url, "redis_url": redis_url}
        return _filled(self.arguments, places), self._environment(places)

    def mint(self, database_url: str) -> tuple[Actor, ...]:
        """The actors of the settings: their credentials are whatever stands there."""
        del database_url
        return self.actors

    def _environment(self, places: Mapping[str, str]) -> dict[str, str]:
        names, values = self.own_environment.keys(), self.own_environment.values()
        return dict(zip(names, _filled(tuple(values), places), strict=True))

    def _read(self) -> str:
        path = self.directory / self.document_place
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            remedy = "correct document in [target] of cmdbguard.toml"
            raise DocumentError(str(path), f"cannot be read ({error})", remedy=remedy) from None

    def _fetch(self) -> str:
        if self.running is None:
            remedy = "write it to a file once, and name that file: it is needed before a start"
            raise DocumentError(self.document_place, "is a path of the service", remedy=remedy)
        import requests  # noqa: PLC0415 - only a running service needs it

        url = urljoin(self.running, self.document_place)
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.get(url, timeout=10, allow_redirects=False)
                answer.raise_for_status()
        except requests.RequestException as error:
            remedy = "start the service, or correct document in [target] of cmdbguard.toml"
            raise DocumentError(url, f"cannot be fetched ({error})", remedy=remedy) from None
        return answer.text


def _filled(words: tuple[str, ...], places: Mapping[str, str]) -> list[str]:
    """The words with their places filled; other braces stay, commands may need them."""
    filled = list(words)
    for name, value in places.items():
        filled = [word.replace(f"{{{name}}}", value) for word in filled]
    return filled
