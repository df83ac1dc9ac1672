"""A sandbox for whole runs of ``pytest --cmdbguard`` on real services, and what they leave."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jsonschema
import psutil
import pytest

from pytest_cmdbguard.errors import ServiceMissing
from pytest_cmdbguard.report import results as report_format
from pytest_cmdbguard.services import cache, postgres_programs, zap_distribution

SCHEMA = Path(report_format.__file__).with_name("results.schema.json")
SMALL = ("--cmdbguard", "--cmdbguard-records=300")
QUIET = ("-p", "no:randomly")
DEADLINE_S = 90
# who starts us in the background may have switched Ctrl-C off, for us and all below us
CTRL_C_ENDS_IT = """
import signal, sys, pytest
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(pytest.main())
"""


@pytest.fixture(scope="session")
def seeded_cache(tmp_path_factory):
    """One cache for all workers; programs and ZAP come from the real one, snapshots do not."""
    postgres_programs.find({})
    with contextlib.suppress(ServiceMissing):
        zap_distribution.obtain()  # now: its lock is in the cache, which the link does not share
    base = tmp_path_factory.getbasetemp()
    directory = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "plugin-cache"
    directory.mkdir(exist_ok=True)
    for name in ("programs", "zap"):
        kept = cache.cache_directory() / name
        kept.mkdir(exist_ok=True)
        with contextlib.suppress(FileExistsError):
            (directory / name).symlink_to(kept)
    return directory


@pytest.fixture
def temporary():
    """The TMPDIR of the test's runs: short, for Unix sockets, and nobody else writes there."""
    directory = Path(tempfile.mkdtemp(prefix="cg-", dir="/tmp"))
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory)


class Leftovers:
    """What runs with this TMPDIR have left: processes, listening ports, run directories."""

    def __init__(self, temporary):
        self.temporary = temporary

    @property
    def processes(self):
        return [one for one in psutil.process_iter() if self._is_of_a_run(one)]

    @property
    def ports(self):
        listening = psutil.net_connections("tcp")
        own = {one.pid for one in self.processes}
        return [c.laddr.port for c in listening if c.status == "LISTEN" and c.pid in own]

    @property
    def directories(self):
        return sorted(path.name for path in self.temporary.glob("*cmdbguard-*"))

    @property
    def files(self):
        """What is in the directories, for whoever reads the failure."""
        found = sorted(self.temporary.glob("*cmdbguard-*/**/*"))
        return [str(path.relative_to(self.temporary)) for path in found[:20]]

    def _is_of_a_run(self, process):
        """By its environment or its command line, so that also what lost the mark is seen."""
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                return False
            seen = [*process.environ().values(), *process.cmdline(), process.cwd()]
            return any(str(self.temporary) in text for text in seen)
        return False

    def assert_none(self):
        remaining = [" ".join(one.cmdline())[:120] for one in self.processes]
        assert (remaining, self.ports, self.directories) == ([], [], []), self.files


class Sandbox:
    """Runs the gate in subprocesses, on 300 devices and without ZAP unless told otherwise."""

    def __init__(self, pytester, leftovers):
        self.pytester, self.leftovers = pytester, leftovers
        self.report = pytester.path / "cmdbguard-report"

    def configure(self, tables):
        """Add tables to ``cmdbguard.toml``."""
        with (self.pytester.path / "cmdbguard.toml").open("a") as file:
            file.write(tables)

    def run(self, *words):
        """A run to its end; nothing of it may be left."""
        outcome = self.pytester.runpytest_subprocess(*self._words(words), timeout=DEADLINE_S)
        self.leftovers.assert_none()
        return outcome

    def begin(self, *words):
        """A run that the test will disturb."""
        return Disturbed(self, [sys.executable, "-c", CTRL_C_ENDS_IT, *self._words(words)])

    def _words(self, words):
        zap = () if any(word.startswith("--cmdbguard-zap") for word in words) else ("off",)
        return (*SMALL, *QUIET, *(f"--cmdbguard-zap={word}" for word in zap), *words)

    def results(self, directory=None):
        """``results.json``, which always fits its schema."""
        path = (directory or self.report) / "results.json"
        found = json.loads(path.read_text(encoding="utf-8"))
        validator().validate(found)
        return found

    def criterion(self, name):
        return next(row for row in self.results()["criteria"] if row["id"] == name)

    def verdicts(self):
        return {
            row["id"]: row["verdict"]
            for row in self.results()["criteria"]
            if row["verdict"] != "not selected"
        }

    def wait_for(self, condition):
        deadline = time.monotonic() + DEADLINE_S
        while not (found := condition()):
            assert time.monotonic() < deadline, "it did not come so far"
            time.sleep(0.01)
        return found

    def wait_for_file(self, name):
        self.wait_for((self.pytester.path / name).exists)


class Disturbed:
    """A run under way; its output goes to a file, so that no pipe holds it up."""

    def __init__(self, sandbox, command):
        self.sandbox = sandbox
        self.path = sandbox.pytester.path / "output.txt"
        with self.path.open("w") as output:
            self.process = subprocess.Popen(
                command,
                cwd=sandbox.pytester.path,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def end(self):
        """Its exit status; nothing of it may be left."""
        status = self.process.wait(DEADLINE_S)
        self.sandbox.leftovers.assert_none()
        return status

    @property
    def output(self):
        return self.path.read_text()


@functools.cache
def validator():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


@pytest.fixture
def leftovers(temporary):
    found = Leftovers(temporary)
    yield found
    for process in found.processes:  # a failed test must not leave them to the next one
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


@pytest.fixture
def sandbox(pytester, monkeypatch, seeded_cache, temporary, leftovers):
    for name in [*os.environ]:
        if name.startswith(("CMDBGUARD_", "PYTEST_XDIST_")) or name == "COLUMNS":
            monkeypatch.delenv(name)
    monkeypatch.setenv("CMDBGUARD_CACHE", str(seeded_cache))
    monkeypatch.setenv("TMPDIR", str(temporary))
    return Sandbox(pytester, leftovers)


RULES = """
[criteria.own-rule]
text = "A rule of our own"
threshold = { at_most = 7 }
"""


@pytest.fixture
def own_rule(sandbox):
    """A criterion that only the test's own checks support: such runs take little time."""
    sandbox.configure(RULES)
    return ("--cmdbguard-select", "own-rule", "--")


class Service(BaseHTTPRequestHandler):
    """Has nothing but its health."""

    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def service_url():
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


OPERATIONS = {"/health": "health", "/names": "names_list", "/places": "places_list"}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "service", "version": "1"},
    "paths": {
        path: {"get": {"operationId": name, "responses": {"200": {"description": "well"}}}}
        for path, name in OPERATIONS.items()
    },
}
TARGET = """
[target]
name = "openapi"
document = "api.json"
url = "{url}"
ready = "/health"
[services]
provider = "external"
[actors.reader]
role = "viewer"
"""


@pytest.fixture
def running_target(sandbox, service_url):
    """The target runs already: for what is the same whoever started it, a third of the time."""
    sandbox.pytester.path.joinpath("api.json").write_text(json.dumps(DOCUMENT))
    sandbox.configure(TARGET.format(url=service_url))
