"""What the services of a compose file are to a run, which starts them one by one or as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_cmdbguard.errors import ServiceError, SettingsError

from . import compose
from .blueprint import Blueprint
from .confining import RunOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ROLES = ("cmdb", "postgres", "redis", "balancer")
SHAPE = 'write { cmdb = "…", postgres = "…", redis = "…" }, and balancer = "…" for the whole file'
SAME = ("user", "privileged", "read_only", "cap_add", "cap_drop", "security_opt", "pid", "ipc")


def read(path: Path, names: object) -> dict[str, Any]:
    """Images by role, as ``run`` how the CMDB's service is confined, and ``blueprint``.

    ``names`` maps the roles to services of the file at ``path``; one that it leaves out has an
    image of its own. The CMDB may be a list of services: its instances. With a ``balancer`` the
    blueprint says how the whole file is brought up. Raises: SettingsError naming the key.
    """
    if not isinstance(names, dict) or not names.keys() <= {*ROLES} or "cmdb" not in names:
        raise _wrong("services", names, SHAPE)
    told = names["cmdb"]
    instances = tuple(map(str, told if isinstance(told, list) and told else [told]))
    if len(instances) > 1 and "balancer" not in names:
        raise _wrong("services.cmdb", told, "name one, or the balancer before them as well")
    try:
        model = compose.model(path)
    except ServiceError as error:
        raise _wrong("compose", str(path), str(error)) from None
    found = model.get("services", {})
    roles = {role: str(name) for role, name in names.items() if role != "cmdb"}
    asked = [*(("cmdb", name) for name in instances), *roles.items()]
    images = {name: _image(found, role, name, file=path.name) for role, name in asked}
    options: dict[str, Any] = {role: images[name] for role, name in roles.items()}
    if options.pop("balancer", None):
        options["blueprint"] = Blueprint(file=path, model=model, instances=instances, **roles)
    run = RunOptions.read(_confined(found[instances[0]]), hardened=False)
    return {**options, "cmdb": images[instances[0]], "run": run}


def _image(found: Mapping[str, Any], role: str, name: str, *, file: str) -> str:
    """That of a service. Raises: SettingsError naming the key."""
    service = found.get(name)
    if service is None:
        remedy = f"{file} has no such service; it has: {', '.join(found)}"
        raise _wrong(f"services.{role}", name, remedy)
    if not service.get("image"):
        raise _wrong(f"services.{role}", name, "name its image in the compose file, and build it")
    return str(service["image"])


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
