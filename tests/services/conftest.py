import json
import sys
from pathlib import Path

import pytest

from pytest_cmdbguard import targets
from pytest_cmdbguard.services import cache, postgres_programs
from pytest_cmdbguard.services.cluster import Cluster
from pytest_cmdbguard.services.environment import Environment
from pytest_cmdbguard.services.run_directory import RunDirectory
from pytest_cmdbguard.services.seat import Seat
from pytest_cmdbguard.settings import Settings

TOY = Path(__file__).with_name("toy_cmdb.py")
DOCUMENT = {"openapi": "3.1.0", "info": {"title": "toy", "version": "0.7"}, "paths": {}}


@pytest.fixture(scope="session")
def downloads():
    """The cache as it is, with PostgreSQL's programs unpacked in it."""
    postgres_programs.find({})
    return cache.cache_directory()


def prepare(directory, downloads):
    """A cache without snapshots; what is not about the target comes from the real one."""
    directory.mkdir()
    for name in ("programs", "zap"):
        (downloads / name).mkdir(exist_ok=True)
        (directory / name).symlink_to(downloads / name)
    return directory


@pytest.fixture(scope="session")
def common_cache(downloads, tmp_path_factory):
    """A cache for the tests to which it is the same who seeded."""
    return prepare(tmp_path_factory.mktemp("common") / "cache", downloads)


@pytest.fixture
def own_cache(downloads, tmp_path, monkeypatch):
    """A cache for this test only."""
    directory = prepare(tmp_path / "cache", downloads)
    monkeypatch.setenv("CMDBGUARD_CACHE", str(directory))
    return directory


@pytest.fixture
def run():
    directory = RunDirectory.create()
    yield directory
    directory.close()
    directory.end_processes()
    directory.remove()


@pytest.fixture
def cluster(run):
    cluster = Cluster(run, table={})
    yield cluster
    cluster.stop()


@pytest.fixture
def toy(tmp_path):
    """Tables of cmdbguard.toml that describe the toy service."""
    (tmp_path / "openapi.json").write_text(json.dumps(DOCUMENT))
    (tmp_path / "schema.sql").write_text("first version")
    call = [sys.executable, str(TOY)]
    return {
        "target": {
            "document": "openapi.json",
            "command": [*call, "serve", "{port}", "{database_url}"],
            "seed": [*call, "seed", "{database_url}", "{records}", "seedings"],
            "seed_files": ["schema.sql"],
            "ready": "/health",
        },
        "actors": {"reader": {"role": "viewer", "headers": {"X-Key": "1"}}},
    }


@pytest.fixture
def settings(tmp_path, toy):
    def make(**changes):
        values = {
            "enabled": True,
            "target": "openapi",
            "services": "embedded",
            "profile": "quick",
            "records": 50,
            "users": 1,
            "select": (),
            "zap": "off",
            "report": tmp_path / "report",
            "fault": None,
            "write_baseline": False,
            "rootpath": tmp_path,
            "tables": toy,
        }
        return Settings(**values | changes)

    return make


@pytest.fixture
def start(request, monkeypatch):
    """Start an environment and a seat in it; both end with the test."""
    if "own_cache" not in request.fixturenames:
        directory = request.getfixturevalue("common_cache")
        monkeypatch.setenv("CMDBGUARD_CACHE", str(directory))
    started = []

    def begin(settings, *workers):
        target = targets.load(settings)
        lines = []
        environment = Environment(settings, target, lines.append)
        started.append(environment.stop)
        shared = environment.start()
        seats = [Seat(shared, settings, target, worker) for worker in workers]
        for seat in seats:
            started.append(seat.close)
            seat.open()
        return Begun(environment, shared, seats, lines)

    yield begin
    for stop in reversed(started):
        stop()


class Begun:
    def __init__(self, environment, shared, seats, lines):
        self.environment, self.shared, self.seats, self.lines = environment, shared, seats, lines
