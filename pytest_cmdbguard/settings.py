"""The settings of a run: the one place that knows the names of options.

Every option is a flag (``--cmdbguard-target``), an environment variable (``CMDBGUARD_TARGET``),
a key of ``cmdbguard.toml`` (``target``) and an ini key (``cmdbguard_target``); the first of
these that is given wins, and :attr:`Settings.sources` remembers which one it was.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

FILE = "cmdbguard.toml"
TABLES = frozenset({"actors", "containers", "criteria", "reports", "services", "target"})
SERVICES = ("embedded", "containers", "external")
PROFILES = ("quick", "full")
IMAGE = "image:"  # of a target that is an image, before its name
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() not in TRUE + FALSE:
        raise ValueError("use true or false")
    return str(value).lower() in TRUE


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("use a text that is not empty")
    return value


def _choice(*allowed: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in allowed:
            raise ValueError(f"use one of: {', '.join(allowed)}")
        return str(value)

    return read


def _count(value: object) -> int:
    try:
        number = int(str(value).replace(",", "").replace("_", ""))
    except ValueError:
        number = 0
    if number < 1:
        raise ValueError("use a whole number from 1 up")
    return number


def _ids(value: object) -> tuple[str, ...]:
    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, list | tuple):
        raise ValueError("use a list of check or criterion ids")  # noqa: TRY004 - a user's mistake, not a bug
    return tuple(part for word in words for part in str(word).replace(",", " ").split())


def _zap(value: object) -> str:
    if value not in {"auto", "off"} and not str(value).startswith(("http://", "https://")):
        raise ValueError("use auto, off or the URL of a running ZAP (http://127.0.0.1:8080)")
    return str(value)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: its name without prefix, its default as a user would write it, its reader."""

    name: str
    default: Any
    read: Callable[[object], Any]
    help: str
    argument: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    table_key: str = ""

    @property
    def flag(self) -> str:
        """How it is written on the command line."""
        return f"--cmdbguard-{self.name}" if self.name else "--cmdbguard"

    @property
    def key(self) -> str:
        """Its ini key, and in upper case its environment variable."""
        return f"cmdbguard_{self.attribute}" if self.name else "cmdbguard"

    @property
    def attribute(self) -> str:
        """How :class:`Settings` names it."""
        return self.name.replace("-", "_") or "enabled"


OPTIONS = (
    Option(
        name="",
        default=False,
        read=_flag,
        help="Run the acceptance gate: start the CMDB, attack, measure, report",
        argument={"action": "store_const", "const": True},
    ),
    Option(
        name="target",
        default="refcmdb",
        read=_text,
        help="What is tested: refcmdb, nautobot, or as cmdbguard.toml says: openapi or image:NAME",
        argument={"metavar": "NAME"},
        table_key="name",
    ),
    Option(
        name="services",
        default="embedded",
        read=_choice(*SERVICES),
        help="How PostgreSQL, Redis and the CMDB are started: embedded, containers or external",
        argument={"metavar": "HOW"},
        table_key="provider",
    ),
    Option(
        name="profile",
        default="quick",
        read=_choice(*PROFILES),
        help="How deep the checks go: quick or full",
        argument={"metavar": "NAME"},
    ),
    Option(
        name="records",
        default=100_000,
        read=_count,
        help="Number of devices the CMDB is seeded with (default 100000)",
        argument={"metavar": "N"},
    ),
    Option(
        name="users",
        default=1000,
        read=_count,
        help="Number of concurrent users of the load checks (default 1000)",
        argument={"metavar": "N"},
    ),
    Option(
        name="select",
        default=(),
        read=_ids,
        help="Run only these checks or criteria, and judge the gate by them",
        argument={"metavar": "ID", "nargs": "+", "action": "extend"},
    ),
    Option(
        name="zap",
        default="auto",
        read=_zap,
        help="ZAP: auto (start it where it can be started), off, or the URL of a running one",
        argument={"metavar": "auto|off|URL"},
    ),
    Option(
        name="report",
        default="cmdbguard-report",
        read=_text,
        help="Directory of the report (default cmdbguard-report)",
        argument={"metavar": "DIR"},
    ),
    Option(
        name="fault",
        default="",
        read=str,
        help="Plant this fault in the reference CMDB, to see the gate turn red",
        argument={"metavar": "NAME"},
    ),
    Option(
        name="write-baseline",
        default=False,
        read=_flag,
        help="Write the findings into cmdbguard-baseline.toml, for people to accept or mend",
        argument={"action": "store_const", "const": True},
    ),
)


def add_options(parser: pytest.Parser) -> None:
    """Declare every option and ini key; does nothing else."""
    group = parser.getgroup("cmdbguard", "Network CMDB acceptance")
    for option in OPTIONS:
        argument = {"default": None, "help": option.help, **option.argument}
        group.addoption(option.flag, dest=option.key, **argument)
        if option.name == "select":
            parser.addini(option.key, option.help, type="args")
        else:
            parser.addini(option.key, option.help)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a run was told, read and validated once.

    ``tables`` holds the tables of ``cmdbguard.toml`` (``target``, ``services``, ``containers``,
    ``actors``, ``criteria``, ``reports``); the module that uses one validates it. ``sources``
    names, for every option that is not at its default, where the value came from.
    """

    enabled: bool
    target: str
    services: str
    profile: str
    records: int
    users: int
    select: tuple[str, ...]
    zap: str
    report: Path
    fault: str | None
    write_baseline: bool
    rootpath: Path
    tables: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    sources: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_config(cls, config: pytest.Config) -> Settings:
        """The settings of this pytest run.

        Raises: SettingsError naming the key, the value, its source and what to use.
        """
        directory = _directory(config)
        file = _read_file(directory / FILE)
        values, sources = {}, {}
        for option in OPTIONS:
            value, source = _lookup(option, config, file)
            try:
                values[option.attribute] = option.read(value)
            except ValueError as error:
                raise SettingsError(
                    _spelling(option, source), value, source=source, remedy=str(error)
                ) from None
            if source != "default" and option.name:
                sources[option.name] = source
        values["report"] = config.invocation_params.dir / values["report"]
        values["fault"] = values["fault"] or None
        if values["target"].startswith(IMAGE) and "services" not in sources:
            values["services"] = "containers"
        settings = cls(**values, rootpath=directory, tables=_tables(file), sources=sources)
        settings._require_consistency()
        return settings

    def as_flags(self) -> list[str]:
        """What it takes on the command line to test the same thing in the same way."""
        names = ("target", "services", "profile", "records", "fault")
        return [
            f"{option.flag}={getattr(self, option.name)}"
            for option in OPTIONS
            if option.name in names and self.sources.get(option.name) == "command line"
        ]

    @classmethod
    def defaults(cls, rootpath: Path) -> Settings:
        """What a run has that was told nothing but the tables of ``cmdbguard.toml``.

        Raises: SettingsError when that cannot be read.
        """
        values = {option.attribute: option.read(option.default) for option in OPTIONS}
        values["report"] = rootpath / values["report"]
        tables = _tables(_read_file(rootpath / FILE))
        return cls(**values | {"fault": None}, rootpath=rootpath, tables=tables)

    def _require_consistency(self) -> None:
        if self.target.startswith(IMAGE) and self.services != "containers":
            raise SettingsError(
                "--cmdbguard-services",
                self.services,
                source=self.sources.get("services", "default"),
                remedy="an image is started as a container: use containers",
            )
        if self.fault and self.target != "refcmdb":
            raise SettingsError(
                "--cmdbguard-fault",
                self.fault,
                source=self.sources.get("fault", "default"),
                remedy=f"faults are planted in refcmdb only, not in {self.target!r}",
            )

    def table(self, *names: str) -> Mapping[str, Any]:
        """The table of ``cmdbguard.toml`` under these names, empty when it is not there.

        Raises: SettingsError when something else than a table stands there.
        """
        value: Any = self.tables
        for name in names:
            value = value.get(name, {})
            if not isinstance(value, Mapping):
                raise SettingsError(".".join(names), value, source=FILE, remedy="write a table")
        return value  # type: ignore[no-any-return]


def is_enabled(config: pytest.Config) -> bool:
    """Whether this run asked for the gate; costs one ``stat`` when nobody did.

    Raises: SettingsError.
    """
    option = OPTIONS[0]
    flag = getattr(config.option, option.key, None)
    if flag is not None:
        return bool(flag)
    value, source = _lookup(option, config, _read_file(_directory(config) / FILE))
    try:
        return _flag(value)
    except ValueError as error:
        key = _spelling(option, source)
        raise SettingsError(key, value, source=source, remedy=str(error)) from None


def _lookup(option: Option, config: pytest.Config, file: Mapping[str, Any]) -> tuple[object, str]:
    """The raw value of an option and where it was found."""
    flag = getattr(config.option, option.key, None)
    if flag is not None:
        return flag, "command line"
    if option.key.upper() in os.environ:
        return os.environ[option.key.upper()], "environment"
    value = file.get(option.name or "cmdbguard")
    if isinstance(value, dict):
        value = value.get(option.table_key)
    if value is not None:
        return value, FILE
    ini = config.getini(option.key)
    return (ini, "ini") if ini else (option.default, "default")


def _spelling(option: Option, source: str) -> str:
    """The name of an option as it is written where the value came from."""
    spellings = {"environment": option.key.upper(), "ini": option.key, FILE: option.name}
    return spellings.get(source, option.flag) or option.flag


def _directory(config: pytest.Config) -> Path:
    """Where ``cmdbguard.toml`` is looked for: where pytest was called, else its root directory.

    pytest takes any existing path among its arguments for a hint at the root directory.
    """
    here = config.invocation_params.dir
    return here if (here / FILE).is_file() else config.rootpath


def _read_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    import tomllib  # noqa: PLC0415 - loaded only where it is needed

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            FILE, path.name, source=str(path), remedy=f"it is not readable TOML: {error}"
        ) from None
    _require_known_keys(content)
    return content


def _tables(file: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {name: file[name] for name in TABLES if isinstance(file.get(name), dict)}


def _require_known_keys(content: Mapping[str, Any]) -> None:
    options = {option.name or "cmdbguard" for option in OPTIONS}
    for key, value in content.items():
        if key not in TABLES | options:
            remedy = f"no such key; known are: {', '.join(sorted(TABLES | options))}"
            raise SettingsError(key, value, source=FILE, remedy=remedy)
        if key in TABLES - options and not isinstance(value, dict):
            raise SettingsError(key, value, source=FILE, remedy=f"write a table [{key}]")
