"""What the services of a compose file are, as far as a run starts them itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.errors import ServiceError, SettingsError

from . import compose
from .confining import RunOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ROLES = ("cmdb", "postgres", "redis")
SAME = ("user", "privileged", "read_only", "cap_add", "cap_drop", "security_opt", "pid", "ipc")


def read(path: Path, names: object) -> dict[str, Any]:
    """Images by role, and as ``run`` how the CMDB's service is confined.

    ``names`` maps the roles to services of the file at ``path``; one that it leaves out has an
    image of its own. Raises: SettingsError naming the key.
    """
    if not isinstance(names, dict) or not names.keys() <= {*ROLES} or "cmdb" not in names:
        raise _wrong("services", names, 'write { cmdb = "…", postgres = "…", redis = "…" }')
    try:
        found = compose.services(path, filled=True)
    except ServiceError as error:
        raise _wrong("compose", str(path), str(error)) from None
    options: dict[str, Any] = {}
    for role, name in names.items():
        service = found.get(str(name))
        if service is None:
            remedy = f"{path.name} has no such service; it has: {', '.join(found)}"
            raise _wrong(f"services.{role}", name, remedy)
        if not service.get("image"):
            raise _wrong(
                f"services.{role}", name, "name its image in the compose file, and build it"
            )
        options[role] = service["image"]
    return {**options, "run": RunOptions.read(_confined(found[names["cmdb"]]), hardened=False)}


def _confined(service: Mapping[str, Any]) -> dict[str, Any]:
    """``[containers.run]`` as the file has it; what it mounts and hands over stays outside."""
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    found = {key: service[key] for key in SAME if service.get(key)}
    memory = service.get("mem_limit", limits.get("memory"))
    pids = service.get("pids_limit", limits.get("pids"))
    cpus = service.get("cpus", limits.get("cpus"))
    return (
        found
        | ({"mem_limit": str(memory)} if memory else {})
        | ({"pids_limit": int(pids)} if pids else {})
        | ({"cpus": float(cpus)} if cpus else {})
        | ({"tmpfs": _listed(service["tmpfs"])} if service.get("tmpfs") else {})
        | _health(service.get("healthcheck") or {})
    )


def _health(told: Mapping[str, Any]) -> dict[str, Any]:
    if told.get("disable"):
        return {"healthcheck": ["NONE"]}
    return {"healthcheck": list(told["test"])} if told.get("test") else {}


def _listed(told: object) -> list[Any]:
    return told if isinstance(told, list) else [told]


def _wrong(key: str, value: object, remedy: str) -> SettingsError:
    return SettingsError(f"containers.{key}", value, source="cmdbguard.toml", remedy=remedy)
