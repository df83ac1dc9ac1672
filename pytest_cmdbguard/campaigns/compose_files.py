"""The services of a compose file, judged by the same rules as running containers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.errors import ServiceError
from pytest_cmdbguard.evidence import not_verified
from pytest_cmdbguard.services.containers import compose

from . import baked_secrets, confinement
from .confinement import Confinement, Gap, Mount, capabilities

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

# How a compose file calls what the rules are about.
NAMES = {
    "user": "user",
    "privileged": "privileged",
    "read_only": "read_only",
    "dropped": "cap_drop",
    "added": "cap_add",
    "options": "security_opt",
    "memory": "mem_limit",
    "pids": "pids_limit",
    "cpus": "cpus",
    "mounts": "volumes",
    "devices": "devices",
    "network": "network_mode",
    "pid": "pid",
    "ipc": "ipc",
    "uts": "uts",
    "userns": "userns_mode",
}


def services(path: Path) -> dict[str, dict[str, Any]]:
    """The services as Docker Compose reads them. Ends as not verified where it does not."""
    try:
        return compose.services(path)
    except ServiceError as error:
        not_verified(str(error))


def gaps(path: Path) -> Iterator[Gap]:
    """What each service may do that it need not, and the secrets that stand in the file."""
    for name, service in services(path).items():
        place = f"{path.name}, service {name}"
        told = confinement_of(place, service)
        for rule in (
            confinement.privileges,
            confinement.reach,
            confinement.root_file_system,
            confinement.limits,
        ):
            yield from _of(name, rule(told))
        if told.user:
            yield from _of(name, confinement.root(told))
        yield from _of(name, baked_secrets.in_environment(place, _variables(service)))


def bring_health_checks(paths: Sequence[Path]) -> bool:
    """Whether every service that is built here has a health check of its own in these files."""
    built = [one for path in paths for one in services(path).values() if "build" in one]
    return bool(built) and all(map(_has_health_check, built))


def _has_health_check(service: Mapping[str, Any]) -> bool:
    told = service.get("healthcheck") or {}
    return bool(told.get("test")) and not told.get("disable") and told["test"] != ["NONE"]


def confinement_of(place: str, service: Mapping[str, Any]) -> Confinement:
    """How a service runs; its limits may stand below ``deploy``, too."""
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    mounts = tuple(
        Mount(source=one["source"], place=one["target"], writable=not one.get("read_only"))
        for one in service.get("volumes", ())
        if one["type"] == "bind"
    )
    shared = {name: str(service.get(NAMES[name]) or "") for name in confinement.NAMESPACES}
    return Confinement(
        place=place,
        names=NAMES,
        user=str(service.get("user", "")),
        privileged=_is_on(service.get("privileged")),
        read_only=_is_on(service.get("read_only")),
        dropped=capabilities(service.get("cap_drop")),
        added=capabilities(service.get("cap_add")),
        options=tuple(service.get("security_opt", ())),
        memory=_is_limit(service.get("mem_limit", limits.get("memory"))),
        pids=_is_limit(service.get("pids_limit", limits.get("pids"))),
        cpus=_is_limit(service.get("cpus", limits.get("cpus", service.get("cpu_shares")))),
        mounts=mounts,
        devices=tuple(json.dumps(one) for one in service.get("devices", ())),
        shared={name: owner for name, owner in shared.items() if owner},
    )


def _variables(service: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    told = service.get("environment") or {}
    lines = told if isinstance(told, list) else [f"{key}={text}" for key, text in told.items()]
    for name, _, value in (str(line).partition("=") for line in lines):
        yield name, value


def _is_on(value: object) -> bool:
    """A variable in its place is not known, and no reason to accuse anybody."""
    return str(value).lower() == "true"


def _is_limit(value: object) -> int:
    """1 where there is a limit, in whatever unit."""
    return int(str(value or 0) not in {"0", "-1"})


def _of(service: str, found: Iterator[Gap]) -> Iterator[Gap]:
    """Equal gaps of two services are two gaps."""
    for gap in found:
        sink = f"service {service}: {gap.sink}"
        yield Gap(sink=sink, proof=gap.proof, cis=gap.cis, severity=gap.severity)
