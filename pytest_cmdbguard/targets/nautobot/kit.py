"""What is made once per machine: Nautobot itself, its empty migrated database, its document."""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.conninfo import conninfo_to_dict

from pytest_cmdbguard.errors import ServiceMissing
from pytest_cmdbguard.services import cache
from pytest_cmdbguard.services import postgres_programs as programs
from pytest_cmdbguard.services.cluster import Cluster
from pytest_cmdbguard.services.redis import EmbeddedRedis
from pytest_cmdbguard.services.run_directory import RunDirectory
from pytest_cmdbguard.targets import commands

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "nautobot"
REQUIREMENT = "nautobot>=3.2,<3.3"
INSIDE = Path(__file__).with_name("inside")
PROGRAM = "from nautobot.core.cli import main; main()"
ENTRY = f"nautobot-3.2-py{sys.version_info[0]}.{sys.version_info[1]}"
# Options of a connection by their libpq name; the rest have fields of their own in Django.
FIELDS = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}


@dataclasses.dataclass(frozen=True, slots=True)
class Kit:
    """``python`` runs Nautobot, ``dump`` is its migrated database, ``document`` its OpenAPI."""

    directory: Path

    @property
    def python(self) -> Path:
        """The interpreter of its own environment."""
        return self.directory / "venv" / "bin" / "python"

    @property
    def dump(self) -> Path:
        """In pg_dump's custom format."""
        return self.directory / "migrated.dump"

    @property
    def document(self) -> Path:
        """As JSON, whole: some 1,700 operations."""
        return self.directory / "document.json"

    def manage(self, *words: str) -> list[str]:
        """The argument list of one of its management commands."""
        return [str(self.python), "-c", PROGRAM, *words]


def kit() -> Kit:
    """The kit, from the cache or made now: a few minutes, told on stderr.

    Raises: ServiceMissing when it cannot be installed, ServiceError when it cannot be migrated.
    """
    return Kit(cache.entry(ENTRY, _build))


def environment(*, database_url: str, redis_url: str, home: Path) -> dict[str, str]:
    """What its configuration reads; ``home`` is where it keeps media and static files."""
    told = {FIELDS.get(name, name.upper()): str(v) for name, v in _parts(database_url).items()}
    return {
        "NAUTOBOT_CONFIG": str(INSIDE / "config.py"),
        "NAUTOBOT_ROOT": str(home),
        "CMDBGUARD_REDIS_URL": redis_url,
        "CMDBGUARD_SECRET_KEY": secrets.token_urlsafe(48),
        **{f"CMDBGUARD_DB_{name}": value for name, value in told.items()},
    }


def restore(kit: Kit, database_url: str) -> None:
    """Put the migrated tables into an empty database. Raises: ServiceError."""
    restore = [str(programs.find({}).bin / "pg_restore"), "--no-owner", "--exit-on-error"]
    commands.run(
        NAME, [*restore, "--dbname", database_url, str(kit.dump)], environment=dict(os.environ)
    )


def _parts(database_url: str) -> Mapping[str, object]:
    return {name: value for name, value in conninfo_to_dict(database_url).items() if value}


def _build(draft: Path) -> None:
    begin = time.monotonic()
    _tell("installing Nautobot, once per machine")
    venv = draft / "venv"
    _run([sys.executable, "-m", "venv", str(venv)])
    _run([str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", REQUIREMENT])
    run = RunDirectory.create()
    cluster, redis = Cluster(run, table={}), EmbeddedRedis(run)
    try:
        _tell("migrating its database, once per machine: five to ten minutes")
        cluster.initialise()
        cluster.start()
        redis.start()
        _migrate(Kit(draft), cluster, redis, run)
    finally:
        redis.stop()
        cluster.stop()
        run.remove()
    _tell(f"Nautobot is there, {time.monotonic() - begin:.0f} s")


def _migrate(kit: Kit, cluster: Cluster, redis: EmbeddedRedis, run: RunDirectory) -> None:
    cluster.postgres.create(NAME)
    cluster.postgres.telemetry(on=False)
    url = cluster.postgres.url(NAME)
    told = environment(database_url=url, redis_url=redis.url(1), home=run.path)
    commands.run(NAME, kit.manage("migrate", "--no-input"), environment=told)
    document = ["spectacular", "--format", "openapi-json", "--file", str(kit.document)]
    commands.run(NAME, kit.manage(*document), environment=told)
    json.loads(kit.document.read_text(encoding="utf-8"))
    dump = [str(cluster.programs.bin / "pg_dump"), "--format=custom", f"--file={kit.dump}"]
    commands.run(NAME, [*dump, "--no-owner", url], environment={})


def _run(argv: list[str]) -> None:
    finished = subprocess.run(argv, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise ServiceMissing(
            NAME,
            f"cannot be installed: {finished.stderr.strip()[-400:]}",
            remedy=f"look whether pip can install '{REQUIREMENT}' here",
        )


def _tell(line: str) -> None:
    print(f"cmdbguard: {line}", file=sys.stderr, flush=True)  # noqa: T201 - minutes without a word look like a hang
