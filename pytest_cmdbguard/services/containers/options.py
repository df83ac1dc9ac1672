"""What ``[containers]`` of ``cmdbguard.toml`` says: images, whence, and how long to wait.

Images, and how the target's container is confined, may also come from a compose file.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from pytest_cmdbguard.errors import SettingsError

from . import service_options
from .confining import RunOptions

if TYPE_CHECKING:
    from pytest_cmdbguard.settings import Settings

    from .blueprint import Blueprint

Pull = Literal["missing", "always", "never"]
PULLS = ("missing", "always", "never")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Images with tag or digest, and how they are started.

    ``cmdb`` is the image of the target, empty where nobody named one. ``pull`` says when the
    registry is asked: for what is not here, always, or never. ``platform`` is for Docker, as
    ``linux/amd64``. A container has ``timeout_s`` seconds to answer; so has the daemon itself.
    ``run`` is how the target's containers are started. With a ``blueprint`` the whole of a compose
    file is brought up, and ``host_name`` is the one that its certificate is for.
    """

    postgres: str = "postgres:18"
    redis: str = "valkey/valkey:9"
    zap: str = "zaproxy/zap-stable:2.17.0"
    cmdb: str = ""
    pull: Pull = "missing"
    platform: str | None = None
    timeout_s: int = 120
    run: RunOptions = dataclasses.field(default_factory=RunOptions)
    blueprint: Blueprint | None = None
    host_name: str = "localhost"

    @classmethod
    def read(cls, settings: Settings) -> Self:
        """The table, validated. Raises: SettingsError naming the key."""
        table = dict(settings.table("containers"))
        read: dict[str, Any] = {}
        if path := table.pop("compose", None):
            file = settings.rootpath / str(path)
            read = service_options.read(file, table.pop("services", {}))
        known = [field.name for field in dataclasses.fields(cls) if field.name != "blueprint"]
        for key, value in table.items():
            if key not in known:
                words = ", ".join([*known, "compose", "services"])
                raise _wrong(key, value, f"no such key; known are: {words}")
            if key == "run":
                continue
            if key == "timeout_s":
                if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                    raise _wrong(key, value, "use a whole number of seconds from 1 up")
            elif not isinstance(value, str) or not value:
                raise _wrong(key, value, "use a text that is not empty")
        if table.get("pull", "missing") not in PULLS:
            raise _wrong("pull", table["pull"], f"use one of: {', '.join(PULLS)}")
        if "run" in table or "run" not in read:
            table["run"] = RunOptions.read(table.get("run", {}))
        return cls(**cast("dict[str, Any]", {**read, **table}))


def _wrong(key: str, value: object, remedy: str) -> SettingsError:
    return SettingsError(f"containers.{key}", value, source="cmdbguard.toml", remedy=remedy)
