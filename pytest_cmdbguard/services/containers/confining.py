"""How the containers of a run are confined, and how ``[containers.run]`` has the target's run.

The words of the table are those of a compose file; what docker-py calls them stands here alone.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pytest_cmdbguard.errors import SettingsError

# What an official image needs that begins as root, makes its directory its own and then becomes
# somebody else.
BECOMES_ANOTHER = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID")
KINDS: Mapping[str, type | tuple[type, ...]] = {
    "user": str,
    "privileged": bool,
    "read_only": bool,
    "cap_add": list,
    "cap_drop": list,
    "security_opt": list,
    "mem_limit": str,
    "pids_limit": int,
    "cpus": (int, float),
    "pid": str,
    "ipc": str,
    "tmpfs": list,
    "volumes": list,
    "environment": dict,
    "healthcheck": list,
}
WORDS = {str: "a text", bool: "true or false", list: "a list", int: "a number", dict: "a table"}


def _nano(cpus: float) -> int:
    """docker-py's unit; Docker refuses more than there are."""
    return int(min(cpus, os.cpu_count() or 1) * 10**9)


def confined(
    *, memory: str, cpus: float, added: tuple[str, ...] = (), writable: Mapping[str, str]
) -> dict[str, Any]:
    """docker-py's arguments of a container that may do little.

    ``writable`` are the places in memory that it may write to, with their mount options.
    """
    return {
        "cap_drop": ["ALL"],
        "cap_add": list(added),
        "security_opt": ["no-new-privileges"],
        "read_only": True,
        "tmpfs": dict(writable),
        "pids_limit": 512,
        "mem_limit": memory,
        "nano_cpus": _nano(cpus),
    }


# What an image must bear that is worth its name; see the checks of container-hardening.
TARGET = confined(memory="2g", cpus=2, writable={"/tmp": "nosuid,nodev,noexec"})  # noqa: S108 - of the container


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunOptions:
    """How the target's containers run: ``arguments`` are docker-py's, over the hardened ones.

    ``volumes`` are mounted besides, ``environment`` is set besides: both as the settings say.
    """

    arguments: Mapping[str, Any] = dataclasses.field(default_factory=lambda: dict(TARGET))
    volumes: Mapping[Path, tuple[str, str]] = dataclasses.field(default_factory=dict)
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @classmethod
    def read(cls, table: object, *, hardened: bool = True) -> Self:
        """``[containers.run]``, validated; what it does not say is ``hardened`` or Docker's own.

        Raises: SettingsError naming the key.
        """
        if not isinstance(table, Mapping):
            raise _wrong("", table, "write a table")
        for key, value in table.items():
            if key not in KINDS:
                raise _wrong(f".{key}", value, f"no such key; known are: {', '.join(KINDS)}")
            kind = KINDS[key]
            if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
                word = WORDS[kind[0] if isinstance(kind, tuple) else kind]
                raise _wrong(f".{key}", value, f"write {word}")
        return cls(
            arguments=(TARGET if hardened else {}) | _arguments(table),
            volumes=dict(map(_volume, table.get("volumes", ()))),
            environment={name: str(text) for name, text in table.get("environment", {}).items()},
        )


def _arguments(table: Mapping[str, Any]) -> dict[str, Any]:
    alike = ("user", "privileged", "read_only", "cap_add", "cap_drop", "security_opt")
    found = {key: table[key] for key in (*alike, "mem_limit", "pids_limit") if key in table}
    found |= {f"{key}_mode": table[key] for key in ("pid", "ipc") if key in table}
    if "cpus" in table:
        found["nano_cpus"] = _nano(table["cpus"])
    if "tmpfs" in table:
        places = (str(entry).partition(":") for entry in table["tmpfs"])
        found["tmpfs"] = {place: options for place, _, options in places}
    if "healthcheck" in table:
        every = {"interval": 2 * 10**9, "timeout": 2 * 10**9, "retries": 3}
        found["healthcheck"] = {"test": list(map(str, table["healthcheck"])), **every}
    return found


def _volume(entry: object) -> tuple[Path, tuple[str, str]]:
    source, _, rest = str(entry).partition(":")
    place, _, mode = rest.partition(":")
    if not (source.startswith("/") and place.startswith("/") and mode in {"", "ro", "rw"}):
        raise _wrong(".volumes", entry, "write absolute paths: /here:/inside or /here:/inside:ro")
    return Path(source), (place, mode or "rw")


def _wrong(key: str, value: object, remedy: str) -> SettingsError:
    return SettingsError(f"containers.run{key}", value, source="cmdbguard.toml", remedy=remedy)
