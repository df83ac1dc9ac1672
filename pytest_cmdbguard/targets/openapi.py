"""Anything with an OpenAPI document as a target, as ``cmdbguard.toml`` describes it.

``[target]`` says how it starts and is seeded, ``[actors.NAME]`` who uses it. The requests that
users wait for, which timing and plan checks watch, have a table each; ``values`` is SQL with one
row per distinct request, its columns named like the places of ``path``::

    [target.speed.search]
    operation = "assets_list"
    path = "/assets?q={q}"
    values = "select distinct left(name, 8) as q from assets limit 2000"

The one named ``search`` is what ``indexed-search`` is about.

Where people log in with a form that sets a cookie, a table tells which operation that is and how
its fields are called, and each actor's ``password_env`` where its password is::

    [target.login]
    operation = "login"
    username = "username"
    password = "password"
"""

from __future__ import annotations

import dataclasses
import hashlib
import sys
from typing import TYPE_CHECKING

from pytest_cmdbguard.probes.document import operations
from pytest_cmdbguard.services.containers import commands as image_commands
from pytest_cmdbguard.services.containers.options import Options
from pytest_cmdbguard.services.loopback import require_loopback
from pytest_cmdbguard.settings import IMAGE

from . import Login, Protection, SpeedCase, commands, documents, scope, table_reader
from .protection import protection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_cmdbguard.model import Actor, Json
    from pytest_cmdbguard.services.tls import Certificate
    from pytest_cmdbguard.settings import Settings


@dataclasses.dataclass(kw_only=True)
class OpenApiTarget:
    """A service that somebody else wrote.

    ``arguments`` start it, with the places ``{port}``, ``{database_url}`` and ``{redis_url}``;
    ``running`` is its URL when it runs already. ``seed_arguments`` fill its database
    (``{database_url}``, ``{records}``); ``front_arguments`` end TLS before it (``{https_port}``,
    ``{http_port}``, ``{upstream}``, ``{certificate}``, ``{key}``); ``paths`` and ``without``
    narrow the document (:func:`scope.narrowed`); ``seed_files`` are patterns of the files that
    decide about the rows: without them nobody knows when a snapshot is out of date, and none is
    kept. A first word ``python`` of a command means the interpreter that runs pytest.

    Of an ``image`` the command follows its entrypoint, and it serves on ``port`` of every address;
    the seed command runs in a container of it, as the program that it names.
    """

    directory: Path
    document_place: str
    arguments: tuple[str, ...] = ()
    running: str | None = None
    image: str | None = None
    options: Options | None = None
    port: int = 8000
    ready_path: str = "/"
    own_environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    seed_arguments: tuple[str, ...] = ()
    seed_files: tuple[str, ...] = ()
    shared: frozenset[str] = frozenset()
    actors: tuple[Actor, ...] = ()
    name: str = "openapi"
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    speed: Mapping[str, SpeedCase] = dataclasses.field(default_factory=dict)
    login: Login | None = None
    protection: Protection = dataclasses.field(default_factory=Protection)
    victims: tuple[Actor, ...] = ()
    policy: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    https: str | None = None
    authority: Path | None = None
    front_arguments: tuple[str, ...] = ()
    code: tuple[Path, ...] = ()
    python: Path | None = None
    build_files: tuple[Path, ...] = ()
    paths: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @classmethod
    def from_settings(cls, settings: Settings) -> OpenApiTarget:
        """Read ``[target]`` and ``[actors.NAME]``. Raises: SettingsError naming the key."""
        table = settings.tables.get("target", {})
        table_reader.require_kinds(table)
        if "document" not in table:
            raise table_reader.wrong(
                "target.document", None, "name the file of the OpenAPI document"
            )
        image, options = None, None
        if settings.target.startswith(IMAGE):
            options = Options.read(settings)
            image = settings.target.removeprefix(IMAGE) or options.cmdb  # of a compose file
            _require_fit_for_an_image(table, image)
        elif ("command" in table) == ("url" in table):
            remedy = "give either command, which starts the service, or url, where it runs"
            raise table_reader.wrong("target.command", table.get("command"), remedy)
        if "url" in table:
            require_loopback(table["url"], key="target.url")
        if "https" in table:
            require_loopback(table["https"], key="target.https")
        actors = settings.tables.get("actors", {})
        return cls(
            directory=settings.rootpath,
            document_place=table["document"],
            arguments=tuple(map(str, table.get("command", ()))),
            running=table["url"].rstrip("/") if "url" in table else None,
            image=image,
            options=options,
            port=table.get("port", 8000),
            ready_path=table.get("ready", "/"),
            own_environment={
                key: str(value) for key, value in table.get("environment", {}).items()
            },
            seed_arguments=tuple(map(str, table.get("seed", ()))),
            seed_files=tuple(map(str, table.get("seed_files", ()))),
            shared=frozenset(table.get("shared", ())),
            actors=_actors(actors, expendable=False),
            https=table.get("https"),
            authority=_below(settings.rootpath, table.get("authority")),
            front_arguments=tuple(map(str, table.get("front", ()))),
            code=tuple(settings.rootpath / name for name in table.get("code", ())),
            python=_below(settings.rootpath, table.get("python")),
            paths=tuple(table.get("paths", ())),
            without=tuple(table.get("without", ())),
            policy=table_reader.policy(table.get("policy", {})),
            speed={
                name: table_reader.speed_case(name, entry)
                for name, entry in table.get("speed", {}).items()
            },
            login=table_reader.login(table.get("login")),
            protection=protection(table.get("protection")),
            victims=_actors(actors, expendable=True),
        )

    @property
    def unhurried(self) -> Mapping[str, str]:
        """``environment`` of the settings, as it stands there."""
        return self.own_environment

    @property
    def version(self) -> str:
        """What its document says. Raises: DocumentError."""
        info = self.document().get("info", {})
        return str(info.get("version", "")) if isinstance(info, dict) else ""

    def document(self) -> Json:
        """The document, from its file or from the running service.

        Raises: DocumentError; SettingsError when a speed case is of no GET operation in it.
        """
        document = documents.read(
            self.document_place, directory=self.directory, running=self.running
        )
        if self.paths or self.without:
            document = scope.narrowed(document, paths=self.paths, without=self.without)
        if self.speed:
            self._require_documented(document)
        return document

    def _require_documented(self, document: Json) -> None:
        known = [op.id for op in operations(document, where=self.name) if op.method == "GET"]
        for name, case in self.speed.items():
            if case.operation not in known:
                remedy = f"name one of its GET operations: {', '.join(known)}"
                raise table_reader.wrong(f"target.speed.{name}.operation", case.operation, remedy)

    def seed_key(self, records: int) -> str:
        """Equal for equal seed files, command and size; empty when no files are named."""
        if self.image and self.options:
            told = (self.seed_arguments, self.own_environment, records)
            return f"openapi {image_commands.image_id(self.image, self.options)} {told!r}"
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
        if not self.seed_arguments:
            return
        places = {"database_url": database_url, "records": str(records)}
        argv = _filled(self.seed_arguments, places)
        environment = {**self.environment, **self._environment(places)}
        if self.image and self.options:
            image_commands.run(
                self.image, argv, environment=environment, options=self.options, program=True
            )
        else:
            commands.run(
                self.name, _runnable(argv), environment=environment, directory=self.directory
            )

    def command(
        self, *, port: int, database_url: str, redis_url: str
    ) -> tuple[list[str], dict[str, str]]:
        """The command and the environment of the settings, with their places filled."""
        places = {"port": str(port), "database_url": database_url, "redis_url": redis_url}
        argv = _filled(self.arguments, places)
        return argv if self.image else _runnable(argv), self._environment(places)

    def front(
        self,
        *,
        https_port: int,
        http_port: int,
        upstreams: Sequence[str],
        certificate: Certificate,
    ) -> list[str] | None:
        """The command of the settings, with its places filled."""
        places = {
            "https_port": str(https_port),
            "http_port": str(http_port),
            "upstream": upstreams[0],
            "certificate": str(certificate.chain),
            "key": str(certificate.key),
        }
        filled = _runnable(_filled(self.front_arguments, places))
        return filled or None

    def mint(self, database_url: str) -> tuple[Actor, ...]:
        """The actors of the settings: their credentials are whatever stands there."""
        del database_url
        return self.actors

    def expendable(self, database_url: str) -> tuple[Actor, ...]:
        """The actors of the settings that say of themselves ``expendable = true``."""
        del database_url
        return self.victims

    def _environment(self, places: Mapping[str, str]) -> dict[str, str]:
        names, values = self.own_environment.keys(), self.own_environment.values()
        return dict(zip(names, _filled(tuple(values), places), strict=True))


def _actors(table: Mapping[str, object], *, expendable: bool) -> tuple[Actor, ...]:
    return tuple(
        table_reader.actor(name, entry)
        for name, entry in table.items()
        if table_reader.is_expendable(entry) == expendable
    )


def _require_fit_for_an_image(table: Mapping[str, object], image: str) -> None:
    if not image:
        raise table_reader.wrong("target.name", IMAGE, "name the image: image:registry/cmdb:1.2")
    for key in ("url", "https", "front"):
        if key in table:
            remedy = f"{image} is started as a container; remove {key}"
            raise table_reader.wrong(f"target.{key}", table[key], remedy)


def _below(directory: Path, name: str | None) -> Path | None:
    return directory / name if name else None


def _runnable(words: list[str]) -> list[str]:
    """The command; plain ``python`` is the one that runs now, which has the same packages."""
    return [sys.executable, *words[1:]] if words[:1] == ["python"] else words


def _filled(words: tuple[str, ...], places: Mapping[str, str]) -> list[str]:
    """The words with their places filled; other braces stay, commands may need them."""
    filled = list(words)
    for name, value in places.items():
        filled = [word.replace(f"{{{name}}}", value) for word in filled]
    return filled
