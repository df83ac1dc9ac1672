"""The reference CMDB as a target: a program like any other, known by its commands only."""

from __future__ import annotations

import base64
import contextlib
import difflib
import functools
import hashlib
import importlib.util
import json
import secrets
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cmdbguard.errors import DocumentError, ServiceError, ServiceMissing, SettingsError
from pytest_cmdbguard.model import Actor
from pytest_cmdbguard.services import cache
from pytest_cmdbguard.services.containers import commands as image_commands
from pytest_cmdbguard.services.containers.commands import image_id
from pytest_cmdbguard.services.started import MARKER

from . import Login, Protection, SpeedCase, commands

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_cmdbguard.model import Json
    from pytest_cmdbguard.services.containers.options import Options
    from pytest_cmdbguard.services.tls import Certificate

SEED = 1
REMEDY = "pip install 'pytest-cmdbguard[refcmdb]'"
# parts of the program that say nothing about the rows of a seeded database
WITHOUT_ROWS = frozenset(
    {"api", "faults", "frontend", "infrastructure", "middleware", "monitoring"}
)
WITHOUT_DOCUMENT = frozenset({"faults", "frontend", "infrastructure", "seeding"})
DOCUMENT, KEPT = "openapi.json", 10
BUILD_FILES = ("Dockerfile", "compose.yaml")
USERS: Mapping[str, tuple[str, str | None]] = {
    "viewer-red": ("viewer", "red"),
    "operator-red": ("operator", "red"),
    "viewer-blue": ("viewer", "blue"),
    "operator-blue": ("operator", "blue"),
    "admin": ("admin", None),
}
SHARED = frozenset(
    {
        "/",
        "/health",
        "/metrics",
        "/api/v1/openapi.json",
        "/api/v1/auth",
        "/api/v1/performance",
        "/api/v1/tenants",
        "/api/v1/tags",
        "/api/v1/device-types",
    }
)
SPEED = {
    "list": SpeedCase(
        operation="devices_list",
        path="/api/v1/devices?limit={limit}&sort={sort}",
        values="""
            SELECT "limit", sort
            FROM generate_series(20, 219) AS "limit",
                 unnest(ARRAY['name', '-name', 'serial', '-serial', 'created_at', '-id']) AS sort
        """,
    ),
    "filter": SpeedCase(
        operation="devices_list",
        path="/api/v1/devices?limit=50&status={status}&site_id={site_id}",
        values="SELECT DISTINCT status, site_id FROM devices ORDER BY site_id, status LIMIT 2000",
    ),
    "search": SpeedCase(
        operation="devices_list",
        path="/api/v1/devices?limit=50&q={q}",
        values="SELECT DISTINCT right(serial, 5) AS q FROM devices ORDER BY q LIMIT 2000",
    ),
    "detail": SpeedCase(
        operation="devices_read",
        path="/api/v1/devices/{id}",
        values="SELECT id FROM devices ORDER BY id % 97, id LIMIT 2000",
    ),
}


LOGIN = Login(operation="login")
PROTECTION = Protection(
    requests=200,
    within_s=10,
    environment={"REFCMDB_RATE_LIMIT": "600"},
    events={
        "login_failed": r'"event": "login\.failed".*"actor": "{actor}"',
        "login_locked": r'"event": "login\.locked".*"actor": "{actor}"',
        "denied_read": r'"event": "object\.refused".*"actor": "user \d.*"object": "GET {object}"',
        "denied_write": r'"event": "object\.refused".*"actor": "user \d.*'
        r'"object": "(PATCH|DELETE) {object}"',
        "token_refused": r'"event": "token\.refused"',
    },
    partner="127.0.0.2",
    partner_environment={"REFCMDB_WEBHOOK_ALLOW": "127.0.0.2/32"},
)
# Probes come from one address and one actor, as fast as they can: limits are tested elsewhere.
UNHURRIED = {
    "REFCMDB_RATE_LIMIT": "100000000",
    "REFCMDB_LOGIN_FAILURES_PER_ADDRESS": "100000000",
}
RED = "1"  # by its number: attacks rename tenants
EXPENDABLE = tuple(f"expendable-{number}" for number in range(1, 10))


class RefCmdb:
    """The reference CMDB, with at most one fault planted."""

    name = "refcmdb"
    running: str | None = None
    port = 8000
    ready_path = "/health"
    directory: Path | None = None
    shared = SHARED
    speed: Mapping[str, SpeedCase] = SPEED
    login: Login | None = LOGIN
    protection: Protection = PROTECTION
    policy: Mapping[str, tuple[str, ...]] = {}  # its document says it
    https: str | None = None
    authority: Path | None = None
    unhurried: Mapping[str, str] = {
        "REFCMDB_WEBHOOK_ALLOW": "none",  # probes name all kinds of hosts
        **UNHURRIED,
    }
    python: Path | None = Path(sys.executable)

    def __init__(self, *, fault: str | None = None, options: Options | None = None) -> None:
        """A sound one, or one with the named fault; with ``options`` from the image of these."""
        self.fault = fault
        self.image = options.cmdb if options else None
        self._options = options
        self.environment: Mapping[str, str] = {}
        self._key = base64.b64encode(secrets.token_bytes(32)).decode()

    def require_known_fault(self, *, source: str) -> None:
        """Return if there is such a fault, or none was asked for.

        Raises: SettingsError naming the nearest ones; ServiceError.
        """
        if self.fault is None:
            return
        listed: list[dict[str, str]] = json.loads(self._run("", "faults"))
        names = [one["name"] for one in listed]
        if self.fault not in names:
            close = difflib.get_close_matches(self.fault, names, n=3, cutoff=0.6) or names
            remedy = f"there is no such fault; known are {', '.join(close)}"
            raise SettingsError("--cmdbguard-fault", self.fault, source=source, remedy=remedy)

    @property
    def version(self) -> str:
        """What its document says. Raises: DocumentError."""
        return str(self.document()["info"]["version"])

    def document(self) -> Json:
        """What ``python -m refcmdb openapi`` prints. Raises: DocumentError."""
        try:
            document: Json = json.loads(_document(self.image, self._options))
        except (ServiceError, ValueError) as error:
            remedy = "repair it, or install it whole: " + REMEDY
            raise DocumentError("of refcmdb", str(error), remedy=remedy) from None
        return document

    def seed_key(self, records: int) -> str:
        """Equal for equal code of schema and seeder and equal size."""
        code = (
            image_id(self._options.cmdb, self._options)
            if self._options
            else _fingerprint(WITHOUT_ROWS)
        )
        return f"refcmdb {code} seed {SEED} records {records}"

    def seed(self, database_url: str, records: int) -> None:
        """Migrate and seed an empty database. Raises: ServiceError."""
        self._run(database_url, "migrate")
        self._run(database_url, "seed", "--devices", str(records), "--seed", str(SEED))

    def command(
        self, *, port: int, database_url: str, redis_url: str
    ) -> tuple[list[str], dict[str, str]]:
        """``python -m refcmdb serve``, with the fault if there is one."""
        argv = [] if self.image else [sys.executable, "-m", "refcmdb"]
        argv += ["serve", "--host", self._host, "--port", str(port)]
        return argv + self._planted, {
            "REFCMDB_DATABASE_URL": database_url,
            "REFCMDB_REDIS_URL": redis_url,
            "REFCMDB_KEYS": f"gate:{self._key}",
            **self._storage(port),
            **self.unhurried,
        }

    def front(
        self,
        *,
        https_port: int,
        http_port: int,
        upstreams: Sequence[str],
        certificate: Certificate,
    ) -> list[str] | None:
        """``python -m refcmdb balance``, with the fault if there is one."""
        argv = [] if self.image else [sys.executable, "-m", "refcmdb"]
        argv += ["balance", "--host", self._host]
        argv += [word for upstream in upstreams for word in ("--upstream", upstream)]
        argv += ["--https-port", str(https_port), "--http-port", str(http_port)]
        argv += ["--certificate", str(certificate.chain), "--key", str(certificate.key)]
        return argv + self._planted

    @property
    def code(self) -> tuple[Path, ...]:
        """The modules of the package, of the faults only the planted one."""
        root = _root()
        planted = root / "faults" / f"{(self.fault or '').replace('-', '_')}.py"
        parts = [
            one for one in sorted(root.iterdir()) if one.name not in {"faults", "__pycache__"}
        ]
        return tuple(parts) + ((planted,) if planted.is_file() else ())

    @property
    def build_files(self) -> tuple[Path, ...]:
        """Those of the package."""
        return tuple(_root() / "infrastructure" / name for name in BUILD_FILES)

    def mint(self, database_url: str) -> tuple[Actor, ...]:
        """Its seed users with fresh tokens and passwords. Raises: ServiceError."""
        # at once: most of it is the start of a program, or of a container
        told = self._run(database_url, "tokens", "--passwords", *USERS)
        minted: dict[str, dict[str, str]] = json.loads(told)
        return tuple(
            Actor(
                name=name,
                role=role,
                tenant=tenant,
                headers={"Authorization": f"Bearer {minted[name]['token']}"},
                password=minted[name]["password"],
            )
            for name, (role, tenant) in USERS.items()
        )

    def expendable(self, database_url: str) -> tuple[Actor, ...]:
        """Users made for it. Raises: ServiceError."""
        made: dict[str, str] = json.loads(
            self._run(database_url, "users", *EXPENDABLE, "--tenant", RED)
        )
        return tuple(
            Actor(name=name, role="viewer", tenant="red", password=password)
            for name, password in made.items()
        )

    @property
    def _host(self) -> str:
        return "0.0.0.0" if self.image else "127.0.0.1"  # noqa: S104 - of the container

    @property
    def _planted(self) -> list[str]:
        if not self.fault:
            return []
        return ["--fault", self.fault, *(["--published-on-loopback"] if self.image else [])]

    def _storage(self, port: int) -> dict[str, str]:
        """Where its files lie: in the directory of the run, for witnesses; else where it likes."""
        run = self.environment.get(MARKER)
        return {"REFCMDB_STORAGE": str(Path(run, "storage", str(port)))} if run else {}

    def _run(self, database_url: str, *words: str) -> str:
        environment = {**self.environment, "REFCMDB_DATABASE_URL": database_url}
        if self.image and self._options and database_url:
            return image_commands.run(
                self.image, words, environment=environment, options=self._options
            )
        argv = [sys.executable, "-m", "refcmdb", *words]
        return commands.run("refcmdb", argv, environment=environment)


@functools.cache
def _document(image: str | None, options: Options | None) -> str:
    """Kept for the same image or the same code, because asking takes a second or more."""
    ask: Callable[[], str]
    if image and options:
        known = image_id(image, options).rpartition(":")[2][:16]
        ask = functools.partial(
            image_commands.run, image, ["openapi"], environment={}, options=options
        )
    else:
        known = _fingerprint(WITHOUT_DOCUMENT, sys.version, metadata.version("msgspec"))
        argv = [sys.executable, "-m", "refcmdb", "openapi"]
        ask = functools.partial(commands.run, "refcmdb", argv, environment={})

    def build(draft: Path) -> None:
        (draft / DOCUMENT).write_text(json.dumps(json.loads(ask())), encoding="utf-8")
        cache.forget_oldest("document-*", kept=KEPT)

    with contextlib.suppress(OSError):  # such as of a cache that cannot be written
        return (cache.entry(f"document-{known}", build) / DOCUMENT).read_text(encoding="utf-8")
    return ask()


@functools.cache
def _fingerprint(without: frozenset[str], *more: str) -> str:
    """Of every file of the program but those in some directories. Raises: ServiceMissing."""
    root = _root()
    digest = hashlib.sha256("\0".join(more).encode())
    for directory, below, names in root.walk():
        if directory == root:
            below[:] = set(below) - without
        below[:] = sorted(set(below) - {"__pycache__"})
        for path in filter(Path.is_file, (directory / name for name in sorted(names))):
            digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _root() -> Path:
    """The directory of the package. Raises: ServiceMissing."""
    found = importlib.util.find_spec("refcmdb")  # finds it without importing it
    if found is None or found.origin is None:
        raise ServiceMissing("refcmdb", "it is not installed", remedy=REMEDY)
    return Path(found.origin).parent
