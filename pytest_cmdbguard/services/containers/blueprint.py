"""A compose file as a whole: what a run changes in it so that it can be attacked and looked into.

The run has a deployment of its own: nothing that the file calls by a fixed name, publishes on a
fixed port or shares with this machine is touched, and a file that cannot be brought up like that
is refused.
"""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_cmdbguard.errors import SettingsError
from pytest_cmdbguard.services.telemetry import PRELOADED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

Model = dict[str, Any]

POSTGRES_PORT, REDIS_PORT = 5432, 6379
POSTGRES_SCHEMES, REDIS_SCHEMES = ("postgresql", "postgres"), ("redis", "rediss", "unix")
LIBRARIES = "shared_preload_libraries="
# What needs a restart of the server; all else is put in force by the witness.
COLLECTED = ("logging_collector=on", "log_destination=jsonlog")
OURS = "cmdbguard"  # the run's own network, in the file


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blueprint:
    """A compose file and the roles of its services; ``model`` is Compose's own reading of it.

    ``instances`` are services of the CMDB. ``postgres`` and ``redis`` are empty where the file
    has none: nothing is seen of these then.
    """

    file: Path
    model: Mapping[str, Any]
    instances: tuple[str, ...]
    balancer: str
    postgres: str = ""
    redis: str = ""

    @property
    def ports(self) -> list[int]:
        """Those on which the balancer is meant to be reached. Raises: SettingsError for none."""
        told = self.model["services"][self.balancer].get("ports") or []
        found = [int(one["target"]) for one in told if one.get("protocol", "tcp") == "tcp"]
        if not found:
            raise self._wrong("balancer", self.balancer, "let it publish the port people come in")
        return found

    def url(self, schemes: Collection[str]) -> str:
        """The first of these schemes that the instances get, in a variable or a secret's file.

        Empty where there is none.
        """
        service = self.model["services"][self.instances[0]]
        texts = [str(text) for text in (service.get("environment") or {}).values()]
        for secret in service.get("secrets") or []:
            file = self.model.get("secrets", {}).get(secret["source"], {}).get("file")
            if file and Path(file).is_file():
                texts.append(Path(file).read_text(encoding="utf-8", errors="replace").strip())
        # "postgresql+asyncpg" is one of postgresql
        found = (text for text in texts if text.partition(":")[0].partition("+")[0] in schemes)
        return next(found, "")

    def drawn(
        self,
        *,
        network: str,
        labels: Mapping[str, str],
        laid: Mapping[Path, tuple[str, str]],
        environment: Mapping[str, str],
        command: Sequence[str] | None,
        pull: str,
    ) -> Model:
        """The file as the run brings it up.

        ``network`` is the run's, on which PostgreSQL and Redis are reached as the instances call
        them, and whose ports are published on 127.0.0.1. The instances get what is ``laid`` around
        them (paths here to places inside), the ``environment`` besides, the ``command`` instead
        of their own where there is one. Raises: SettingsError for what would reach beyond the run.
        """
        model = copy.deepcopy(dict(self.model))
        model.pop("name", None)
        for kind in ("networks", "volumes"):
            model[kind] = dict(self._own(kind, labels))
        model["networks"][OURS] = {"external": True, "name": network}
        for name, service in model["services"].items():
            self._make_own(name, service)
            service |= {"labels": {**_labels(service), **labels}, "pull_policy": pull}
        self._publish(model, self.balancer, self.ports)
        for role, port, schemes in (
            (self.postgres, POSTGRES_PORT, POSTGRES_SCHEMES),
            (self.redis, REDIS_PORT, REDIS_SCHEMES),
        ):
            if role:
                self._publish(model, role, [port])
                called = urlsplit(self.url(schemes)).hostname or role
                joined = {"aliases": sorted({role, called})}
                model["services"][role].setdefault("networks", {})[OURS] = joined
        if self.postgres:
            service = model["services"][self.postgres]
            service["command"] = telling(service.get("command") or ["postgres"])
        if self.redis and self.url(REDIS_SCHEMES).startswith("unix:"):
            service = model["services"][self.redis]  # the run has only the network to get in
            service["command"] = [*(service.get("command") or []), "--port", str(REDIS_PORT)]
        for name in self.instances:
            service = model["services"][name]
            service["environment"] = {**(service.get("environment") or {}), **environment}
            service["volumes"] = [*(service.get("volumes") or []), *map(_bind, laid.items())]
            if command is not None:
                service["command"] = list(command)
        return model

    def _own(self, kind: str, labels: Mapping[str, str]) -> Iterator[tuple[str, Model]]:
        """Networks or volumes of the deployment's own, whatever the file calls them."""
        for name, told in (self.model.get(kind) or {}).items():
            told = {**(told or {})}  # noqa: PLW2901 - a copy
            if told.pop("external", False):
                remedy = f"{name} of {kind} is external, and a run would work on it: let it go"
                raise self._wrong("compose", self.file.name, remedy, table="containers")
            told.pop("name", None)
            yield name, {**told, "labels": {**_labels(told), **labels}}

    def _make_own(self, name: str, service: Model) -> None:
        """Nothing of this machine, and no name or port that somebody else may have."""
        for mount in service.get("volumes") or []:
            if mount["type"] == "bind" and not mount.get("read_only"):
                remedy = f"{name} may write to {mount['source']} of this machine: use a volume"
                raise self._wrong("compose", self.file.name, remedy, table="containers")
        for key in ("container_name", "ports", "build"):
            service.pop(key, None)
        service["restart"] = "no"  # who dies under attack is to be seen

    def _publish(self, model: Model, name: str, ports: Sequence[int]) -> None:
        service = model["services"][name]
        if "network_mode" in service:
            raise self._wrong("balancer", name, "remove its network_mode: a run has its own")
        service["ports"] = [
            {"target": port, "host_ip": "127.0.0.1", "protocol": "tcp", "mode": "host"}
            for port in ports
        ]

    @staticmethod
    def _wrong(
        key: str, value: object, remedy: str, *, table: str = "containers.services"
    ) -> SettingsError:
        return SettingsError(f"{table}.{key}", value, source="cmdbguard.toml", remedy=remedy)


def telling(command: Sequence[str]) -> list[str]:
    """The command of a PostgreSQL that also writes the log which is read through SQL."""
    preloaded = [one.partition(LIBRARIES)[2] for one in command if LIBRARIES in one]
    libraries = ",".join([*preloaded, *PRELOADED])
    settings = (*COLLECTED, LIBRARIES + libraries)
    return [*command, *(word for setting in settings for word in ("-c", setting))]


def _labels(told: Mapping[str, Any]) -> dict[str, str]:
    return dict(told.get("labels") or {})


def _bind(laid: tuple[Path, tuple[str, str]]) -> Model:
    path, (place, mode) = laid
    return {"type": "bind", "source": str(path), "target": place, "read_only": mode == "ro"}
