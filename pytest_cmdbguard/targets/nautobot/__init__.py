"""Nautobot 3.2 as a target: installed, migrated and seeded with devices by itself.

It has some 1,700 operations; the gate looks at the heart of a Network CMDB (:data:`OPERATIONS`),
and of the hundreds of filters of its lists at those of :data:`QUERY`.
"""

from __future__ import annotations

import functools
import hashlib
import json
import secrets
import tempfile
from typing import TYPE_CHECKING

import psycopg

from pytest_cmdbguard.errors import ServiceError
from pytest_cmdbguard.model import Actor
from pytest_cmdbguard.targets import Login, Protection, SpeedCase, commands, scope

from . import kit as kits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_cmdbguard.model import Json
    from pytest_cmdbguard.services.tls import Certificate

OPERATIONS = (
    "GET /dcim/devices/",
    "POST /dcim/devices/",
    "GET /dcim/devices/{id}/",
    "PATCH /dcim/devices/{id}/",
    "DELETE /dcim/devices/{id}/",
    "GET /dcim/interfaces/",
    "POST /dcim/interfaces/",
    "GET /dcim/interfaces/{id}/",
    "GET /dcim/locations/",
    "POST /dcim/locations/",
    "GET /dcim/locations/{id}/",
    "GET /ipam/prefixes/",
    "POST /ipam/prefixes/",
    "GET /ipam/prefixes/{id}/",
    "PATCH /ipam/prefixes/{id}/",
)
# Of each kind of filter that Nautobot has some, and those that people use most.
QUERY = frozenset(
    (
        *("q", "sort", "limit", "offset", "format", "depth", "exclude_m2m"),
        *("id", "created", "last_updated", "name", "description", "comments", "tags"),
        *("status", "role", "tenant", "location", "parent", "type", "namespace"),
        *("serial", "asset_tag", "device_type", "manufacturer", "platform", "rack", "position"),
        *("device", "label", "enabled", "mtu", "mode", "mac_address"),
        *("facility", "physical_address", "latitude", "content_type"),
        *("prefix", "within", "contains", "ip_version", "date_allocated"),
    )
)
USERS: Mapping[str, tuple[str, str | None]] = {
    "viewer-red": ("viewer", "red"),
    "operator-red": ("operator", "red"),
    "viewer-blue": ("viewer", "blue"),
    "operator-blue": ("operator", "blue"),
    "admin": ("admin", None),
}
# As the object permissions have it that its users are seeded with.
POLICY = {
    f"{resource}_{action}": roles
    for roles, actions in (
        (("viewer", "operator", "admin"), ("list", "retrieve")),
        (("operator", "admin"), ("create", "partial_update", "destroy")),
    )
    for resource in ("dcim_devices", "dcim_interfaces", "dcim_locations", "ipam_prefixes")
    for action in actions
}
SPEED = {
    "list": SpeedCase(
        operation="dcim_devices_list",
        path="/api/dcim/devices/?limit={limit}&sort={sort}",
        values="""
            SELECT "limit", sort
            FROM generate_series(20, 219) AS "limit", unnest(ARRAY['name', '-name']) AS sort
        """,
    ),
    "search": SpeedCase(
        operation="dcim_devices_list",
        path="/api/dcim/devices/?limit=50&q={q}",
        values="SELECT DISTINCT right(serial, 5) AS q FROM dcim_device ORDER BY q LIMIT 2000",
    ),
    "detail": SpeedCase(
        operation="dcim_devices_retrieve",
        path="/api/dcim/devices/{id}/",
        values="SELECT id FROM dcim_device ORDER BY id LIMIT 2000",
    ),
}
TOKENS = """
    UPDATE users_token AS t SET key = %(key)s FROM auth_user AS u
    WHERE u.id = t.user_id AND u.username = %(user)s
"""


class Nautobot:
    """Nautobot, as its users run it, save that no worker runs its jobs."""

    name = "nautobot"
    running: str | None = None
    image: str | None = None
    port = 8000
    ready_path = "/login/"
    directory: Path | None = None
    shared = frozenset({"/api/tenancy", "/api/extras", "/api/dcim/device-types"})
    speed: Mapping[str, SpeedCase] = SPEED
    protection = Protection()
    policy: Mapping[str, tuple[str, ...]] = POLICY
    login: Login | None = None
    https: str | None = None
    authority: Path | None = None
    unhurried: Mapping[str, str] = {}  # it has no limits
    code: tuple[Path, ...] = ()
    build_files: tuple[Path, ...] = ()

    def __init__(self) -> None:
        """Nothing is installed yet."""
        self.environment: Mapping[str, str] = {}

    @property
    def version(self) -> str:
        """What its document says, and how much of it is looked at. Raises: ServiceError."""
        looked_at = scope.count(self.document())
        return f"{_whole()['info']['version']} ({looked_at} of {scope.count(_whole())} operations)"

    def document(self) -> Json:
        """Its own, narrowed. Raises: ServiceMissing, ServiceError."""
        return _narrowed()

    def seed_key(self, records: int) -> str:
        """Equal for equal code and size."""
        inside = hashlib.sha256((kits.INSIDE / "data.py").read_bytes()).hexdigest()
        return f"{kits.REQUIREMENT} data {inside} records {records}"

    def seed(self, database_url: str, records: int) -> None:
        """Restore the migrated tables, then fill them. Raises: ServiceError."""
        kit = kits.kit()
        kits.restore(kit, database_url)
        told = kits.environment(database_url=database_url, redis_url="", home=kit.directory)
        argv = [str(kit.python), str(kits.INSIDE / "data.py"), str(records)]
        with tempfile.TemporaryDirectory(prefix="cmdbguard-nautobot-") as scratch:
            told["CMDBGUARD_SCRATCH"] = scratch
            commands.run(self.name, argv, environment={**self.environment, **told})

    def command(
        self, *, port: int, database_url: str, redis_url: str
    ) -> tuple[list[str], dict[str, str]]:
        """Its uWSGI, as its own documentation starts it, in one process with threads."""
        kit = kits.kit()
        told = kits.environment(database_url=database_url, redis_url=redis_url, home=kit.directory)
        options = {
            "http": f"127.0.0.1:{port}",
            "module": "nautobot.core.wsgi",
            "processes": "1",
            "threads": "8",
            "buffer-size": "32768",
            # Who refuses a POST leaves its body unread, and uWSGI loses what comes behind it on
            # that connection (its "Things to know"): requests stayed without an answer.
            "post-buffering": "65536",
        }
        words = [f"--{name}={value}" for name, value in options.items()] + [
            "--master",
            "--die-on-term",
            "--http-keepalive",
        ]
        return kit.manage("start", *words), {**self.environment, **told}

    def expendable(self, database_url: str) -> tuple[Actor, ...]:
        """Nobody yet."""
        del database_url
        return ()

    @property
    def python(self) -> Path | None:
        """The interpreter of its own environment. Raises: ServiceMissing, ServiceError."""
        return kits.kit().python

    def front(
        self,
        *,
        https_port: int,
        http_port: int,
        upstreams: Sequence[str],
        certificate: Certificate,
    ) -> list[str] | None:
        """None: how it is published is its operator's business."""

    def mint(self, database_url: str) -> tuple[Actor, ...]:
        """Its users, with fresh tokens. Raises: ServiceError."""
        keys = {name: secrets.token_hex(20) for name in USERS}
        try:
            with psycopg.connect(database_url) as connection:
                for name, key in keys.items():
                    connection.execute(TOKENS, {"key": key, "user": name})
        except psycopg.Error as error:
            raise ServiceError(self.name, f"its tokens cannot be set ({error})") from None
        return tuple(
            Actor(
                name=name,
                role=role,
                tenant=tenant,
                headers={"Authorization": f"Token {keys[name]}"},
            )
            for name, (role, tenant) in USERS.items()
        )


@functools.cache
def _whole() -> Json:
    document: Json = json.loads(kits.kit().document.read_text(encoding="utf-8"))
    return document


@functools.cache
def _narrowed() -> Json:
    operations = [one for item in _whole()["paths"].values() for one in item.values()]
    named = {parameter["name"] for one in operations for parameter in one.get("parameters", ())}
    return scope.narrowed(_whole(), paths=OPERATIONS, without=sorted(named - QUERY))
