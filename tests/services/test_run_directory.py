import dataclasses
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from pytest_cmdbguard.services.run_directory import RunDirectory, sweep
from pytest_cmdbguard.services.started import Started

ENDLESS = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def stranger():
    """A process that no run has started."""
    with subprocess.Popen(ENDLESS) as process:
        yield process
        process.kill()


def abandon(run):
    """Make the owner of a run somebody who is dead."""
    with subprocess.Popen(["true"]) as dead:
        pass
    owner = {"name": "owner", "pid": dead.pid, "created": 1.0, "stop_signal": signal.SIGTERM}
    (run.path / "owner.json").write_text(json.dumps(owner))


def is_gone(pid):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


def test_only_its_owner_can_read_a_run_directory(run):
    assert stat.S_IMODE(run.path.stat().st_mode) == 0o700


def test_sockets_in_a_run_directory_have_short_paths_even_when_the_temporary_one_is_long(
    tmp_path, monkeypatch
):
    deep = tmp_path / ("d" * 80)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    run = RunDirectory.create()
    try:
        assert len(str(run.path / "socket" / ".s.PGSQL.65535")) < 100
    finally:
        run.remove()


def test_the_directory_of_a_living_run_is_not_swept(run):
    assert run.id not in sweep()
    assert run.path.is_dir()


def test_the_directory_of_a_dead_run_is_swept(run):
    abandon(run)
    assert run.id in sweep()
    assert not run.path.exists()


def test_a_number_that_now_belongs_to_a_foreign_process_is_left_alone(run, stranger):
    now = Started.of(stranger.pid, name="redis", stop_signal=signal.SIGKILL)
    run.register(dataclasses.replace(now, created=now.created - 60))
    abandon(run)
    assert run.id in sweep()
    assert stranger.poll() is None


def test_directories_that_only_look_like_ours_are_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in ("cmdbguard-notes", "cmdbguard-0123456789", "cmdbguard-01234567"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("precious")
        os.utime(tmp_path / name, (1, 1))
    sweep()
    assert len(list(tmp_path.glob("*/file"))) == 3


@pytest.mark.usefixtures("own_cache")
def test_what_a_killed_run_had_started_is_swept(tmp_path, settings):
    told = settings()
    script = f"""
        import os, sys, time
        from pathlib import Path
        from pytest_cmdbguard import targets
        from pytest_cmdbguard.services.environment import Environment
        from pytest_cmdbguard.services.seat import Seat
        from pytest_cmdbguard.settings import Settings
        settings = Settings(
            enabled=True, target="openapi", services="embedded", profile="quick", records=50,
            users=1, select=(), zap="off", report=Path("report"), fault=None,
            write_baseline=False,
            rootpath=Path({str(tmp_path)!r}), tables={told.tables!r},
        )
        target = targets.load(settings)
        shared = Environment(settings, target, lambda line: None).start()
        Seat(shared, settings, target).open()
        print(shared.run_directory, flush=True)
        time.sleep(600)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as doomed:
        run = RunDirectory(Path(doomed.stdout.readline().strip()))
        registered = [json.loads(path.read_text()) for path in run.processes.glob("*.json")]
        family = [psutil.Process(doomed.pid), *psutil.Process(doomed.pid).children(recursive=True)]
        doomed.kill()
    assert {entry["name"] for entry in registered} == {"postgres", "redis", "cmdb-main"}
    assert all(psutil.pid_exists(entry["pid"]) for entry in registered)
    assert run.id in sweep()
    assert all(is_gone(process.pid) for process in family)
    assert not run.path.exists()


def test_a_process_that_could_not_be_registered_is_found_by_its_mark(run):
    environment = {**os.environ, "CMDBGUARD_RUN_DIRECTORY": str(run.path)}
    with subprocess.Popen(ENDLESS, env=environment) as unregistered:
        run.end_processes()
        assert unregistered.wait(5) == -signal.SIGKILL
