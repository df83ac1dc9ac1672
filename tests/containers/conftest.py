"""Containers on a real daemon, from images that ``.ci/docker images`` builds; skipped without."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_cmdbguard import targets
from pytest_cmdbguard.errors import ServiceError
from pytest_cmdbguard.services import tls
from pytest_cmdbguard.services.containers import daemon
from pytest_cmdbguard.services.environment import Environment
from pytest_cmdbguard.services.seat import Seat
from pytest_cmdbguard.settings import Settings

IMAGES = {
    "postgres": "cmdbguard-ci/postgres",
    "redis": "cmdbguard-ci/valkey",
    "zap": "cmdbguard-ci/zap",
    "cmdb": "cmdbguard-ci/refcmdb-trial",
}
TABLE = IMAGES | {"pull": "never"}
DEADLINE_S = 300
# who starts us in the background may have switched Ctrl-C off, for us and all below us
CTRL_C_ENDS_IT = """
import signal, sys, pytest
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(pytest.main())
"""


@pytest.fixture(scope="session")
def docker():
    """A client of the daemon that has our images."""
    try:
        client = daemon.connect(60)
    except ServiceError as error:
        pytest.skip(f"{error} (make containers starts one)")
    missing = [name for name in IMAGES.values() if not client.images.list(name)]
    if missing:
        client.close()
        pytest.skip(f"no images {', '.join(missing)} (make containers builds them)")
    yield client
    client.close()


@pytest.fixture(scope="session")
def cache_of_images(tmp_path_factory):
    """Snapshots of these tests only."""
    return tmp_path_factory.mktemp("containers") / "cache"


class Leftovers:
    """What Docker has of the runs whose directories lie under one temporary directory."""

    def __init__(self, docker, temporary):
        self.docker, self.temporary = docker, temporary

    def all(self):
        found = [
            *self.docker.containers.list(
                all=True, filters={"label": daemon.LABEL}, ignore_removed=True
            ),
            *self.docker.networks.list(filters={"label": daemon.LABEL}),
            *self.docker.volumes.list(filters={"label": daemon.LABEL}),
        ]
        return sorted(one.name for one in found if self._is_of_these(one))

    def _is_of_these(self, one):
        return daemon._owner(one).startswith(str(self.temporary))


@pytest.fixture
def leftovers(docker, monkeypatch):
    """Nothing of what the test started may be left."""
    unused = {"dangling": True}  # anonymous ones have no labels
    before = {volume.name for volume in docker.volumes.list(filters=unused)}
    with tempfile.TemporaryDirectory(prefix="cg-", dir="/tmp") as temporary:
        Path(temporary).chmod(0o711)
        monkeypatch.setenv("TMPDIR", temporary)
        monkeypatch.setattr(tempfile, "tempdir", temporary)
        found = Leftovers(docker, temporary)
        yield found
        assert found.all() == []
        assert {volume.name for volume in docker.volumes.list(filters=unused)} <= before
        assert not list(Path(temporary).glob("cmdbguard-*"))


@pytest.fixture
def start(leftovers, cache_of_images, tmp_path, monkeypatch):
    """Start an environment with a seat; both end before what is left is counted."""
    monkeypatch.setenv("CMDBGUARD_CACHE", str(cache_of_images))
    assert leftovers.all() == []
    begun = []

    def begin(*, zap="off", fault=None, tables=None, **table):
        settings = Settings.defaults(tmp_path)
        values = {"services": "containers", "records": 50, "zap": zap, "fault": fault}
        values["tables"] = tables or {"containers": TABLE | table}
        for name, value in values.items():
            object.__setattr__(settings, name, value)
        target = targets.load(settings)
        environment = Environment(settings, target, lambda _: None)
        begun.append(environment.stop)
        shared = environment.start()
        seat = Seat(shared, settings, target)
        begun.append(seat.close)
        seat.open()
        return SimpleNamespace(environment=environment, shared=shared, seat=seat)

    yield begin
    for stop in reversed(begun):
        stop()


class Runs:
    """Whole runs of ``pytest --cmdbguard`` in a directory of their own."""

    images = IMAGES

    def __init__(self, directory):
        self.directory, self.process = directory, None
        lines = [f'{name} = "{value}"\n' for name, value in TABLE.items()]
        (directory / "cmdbguard.toml").write_text("[containers]\n" + "".join(lines))

    def begin(self, *words):
        command = [sys.executable, "-c", CTRL_C_ENDS_IT, "--cmdbguard", "-p", "no:cacheprovider"]
        command += ["--cmdbguard-services=containers", "--cmdbguard-records=300"]
        output = (self.directory / "output.txt").open("w")
        with output:
            self.process = subprocess.Popen(
                [*command, "--cmdbguard-zap=off", "-p", "no:randomly", *words],
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self.process

    def run(self, *words):
        """Exit status and output."""
        process = self.begin(*words)
        try:
            return process.wait(DEADLINE_S), self.output
        finally:
            process.kill()

    @property
    def output(self):
        return (self.directory / "output.txt").read_text()

    def wait_for(self, condition):
        deadline = time.monotonic() + DEADLINE_S
        while not (found := condition()):
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)
        return found


@pytest.fixture
def runs(leftovers, cache_of_images, tmp_path, monkeypatch):
    for name in [*os.environ]:
        if name.startswith(("CMDBGUARD_", "PYTEST_XDIST_")) or name == "COLUMNS":
            monkeypatch.delenv(name)
    monkeypatch.setenv("CMDBGUARD_CACHE", str(cache_of_images))
    assert leftovers.all() == []
    found = Runs(tmp_path)
    with contextlib.chdir(tmp_path):
        yield found
    if found.process and found.process.poll() is None:  # the test failed
        found.process.send_signal(signal.SIGINT)
        found.process.wait(60)


@pytest.fixture
def handed_over(tmp_path):
    """The directory of secrets that the file wants, and who signed the certificate."""
    certificate = tls.issue(tmp_path / "tls")
    password = secrets.token_urlsafe(16)
    new_key = [sys.executable, "-m", "refcmdb", "keys", "new"]
    key = subprocess.run(new_key, check=True, capture_output=True, text=True).stdout.strip()
    texts = {
        "database_password": password,
        "database_url": f"postgresql://cmdb:{password}@/cmdb?host=/run/database",
        "cache.conf": f'requirepass {password}\nsave ""\n',
        "redis_url": f"unix://:{password}@/run/cache/valkey.sock",
        "signing_secret": secrets.token_urlsafe(32),
        "sealing_keys": f"main:{key}",
        "certificate.pem": certificate.chain.read_text(),
        "certificate.key": certificate.key.read_text(),
    }
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o444)
    return folder, certificate.authority
