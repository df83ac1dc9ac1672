"""Ctrl-C, SIGTERM and kill -9 at any moment: the right exit status, and nothing is left."""

from __future__ import annotations

import contextlib
import signal
import time

import psutil
import pytest

SLOW = """
import time
from pathlib import Path
import pytest

rule = pytest.mark.cmdbguard(criterion="own-rule")

@pytest.fixture(scope="session")
def slow_to_go():
    yield
    Path("going").touch()
    time.sleep(TEARDOWN)

@rule
def test_one(api, slow_to_go): assert api.get("/health").status == 200

@rule
def test_two(api):
    Path("running").touch()
    time.sleep(CHECK)
"""
BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


def write(pytester, *, check=0, teardown=0):
    text = SLOW.replace("CHECK", str(check)).replace("TEARDOWN", str(teardown))
    pytester.makepyfile(test_own=text)


@BOTH
@pytest.mark.parametrize("moment_s", [0.0, 0.3, 0.9])
def test_while_the_services_start(pytester, sandbox, own_rule, number, moment_s):
    write(pytester)
    run = sandbox.begin(*own_rule)
    sandbox.wait_for(lambda: sandbox.leftovers.directories)
    time.sleep(moment_s)
    run.process.send_signal(number)
    assert run.end() == 2
    assert "Traceback" not in run.output


@BOTH
def test_while_a_check_runs(pytester, sandbox, own_rule, number):
    write(pytester, check=60)
    run = sandbox.begin(*own_rule)
    sandbox.wait_for_file("running")
    run.process.send_signal(number)
    assert run.end() == 2
    assert sandbox.results()["aborted"] == "interrupted"
    assert [check["outcome"] for check in sandbox.criterion("own-rule")["checks"]] == [
        "passed",
        "not run",
    ]
    assert "gate closed (interrupted)" in run.output


def test_while_two_workers_run_checks(pytester, sandbox, own_rule):
    write(pytester, check=60)
    run = sandbox.begin("-n", "2", *own_rule)
    sandbox.wait_for_file("running")
    run.process.send_signal(signal.SIGINT)
    assert run.end() == 2
    assert sandbox.results()["aborted"] == "interrupted"


@BOTH
def test_while_fixtures_are_torn_down(pytester, sandbox, own_rule, number):
    write(pytester, teardown=60)
    run = sandbox.begin(*own_rule)
    sandbox.wait_for_file("going")
    run.process.send_signal(number)
    assert run.end() == 2
    assert sandbox.results()["accepted"] is False


@BOTH
@pytest.mark.parametrize("moment_s", [0.0, 0.15])
def test_while_the_services_stop(pytester, sandbox, own_rule, number, moment_s):
    write(pytester)
    pytester.makeconftest("""
        import pytest
        from pathlib import Path

        @pytest.hookimpl(tryfirst=True)
        def pytest_unconfigure(): Path("stopping").touch()
    """)
    run = sandbox.begin(*own_rule)
    sandbox.wait_for_file("stopping")
    time.sleep(moment_s)
    for _ in range(3):  # somebody is impatient
        with contextlib.suppress(ProcessLookupError):
            run.process.send_signal(number)
        time.sleep(0.02)
    run.end()
    assert sandbox.results()["accepted"] is True


def test_what_a_killed_run_left_is_swept_by_the_next_one(pytester, sandbox, own_rule):
    write(pytester, check=60)
    run = sandbox.begin(*own_rule)
    sandbox.wait_for_file("running")
    run.process.kill()
    run.process.wait(10)
    left = [one.pid for one in sandbox.leftovers.processes]
    assert left
    assert sandbox.leftovers.ports
    (directory,) = sandbox.leftovers.directories

    write(pytester)
    outcome = sandbox.run(*own_rule)
    assert (outcome.parseoutcomes()["passed"], outcome.ret) == (2, 0)
    outcome.stdout.fnmatch_lines(["cmdbguard: swept what 1 dead runs had left"])
    assert not any(psutil.pid_exists(pid) for pid in left)
    assert directory not in sandbox.leftovers.directories
