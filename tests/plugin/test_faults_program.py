"""``python -m pytest_cmdbguard.faults``: what people and programs read of it."""

from __future__ import annotations

import contextlib
import sys
import time

import psutil
import pytest


def test_the_closing_line_counts_faults_and_twins(pytester, sandbox):
    names = ("authz-site-detail-unscoped", "authz-tenant-directory")
    outcome = pytester.run(sys.executable, "-m", "pytest_cmdbguard.faults", *names, timeout=120)
    assert outcome.ret == 0
    outcome.stdout.re_match_lines([
        r"ok +CG-AUTHZ-001 +(fault +authz-site-detail|twin +authz-tenant-directory).*",
        r"faults: 1 planted, 1 found; twins: 1 sound, 0 accused; \d+ s$",
    ])  # fmt: skip
    sandbox.leftovers.assert_none()


def test_an_unknown_name_is_answered_with_the_known_ones(pytester, sandbox):
    outcome = pytester.run(sys.executable, "-m", "pytest_cmdbguard.faults", "no-such-fault")
    assert outcome.ret == 2
    outcome.stderr.fnmatch_lines(
        ["*no fault or twin named no-such-fault; known are: *authz-site-detail-unscoped*"]
    )
    sandbox.leftovers.assert_none()


def test_nobody_waits_for_a_trial_whose_process_is_gone(pytester, sandbox):
    names = ("authz-site-detail-unscoped", "authz-tenant-directory")
    command = [sys.executable, "-m", "pytest_cmdbguard.faults", "--zap", "off", *names]
    program = pytester.popen(command, stdin=None)
    trying = _trying(psutil.Process(program.pid))
    trying.kill()
    _, said = program.communicate(timeout=60)
    assert program.returncode == 4
    assert b"a process that tried faults ended with status -9" in said
    sandbox.leftovers.assert_none()


def _trying(program: psutil.Process) -> psutil.Process:
    """One of its processes that try faults, as soon as there is one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for child in program.children():
            with contextlib.suppress(psutil.NoSuchProcess):  # one that ended meanwhile
                if "--multiprocessing-fork" in child.cmdline():
                    return child
        time.sleep(0.1)
    pytest.fail("no process tries faults")
