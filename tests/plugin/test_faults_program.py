"""``python -m pytest_cmdbguard.faults``: what people and programs read of it."""

from __future__ import annotations

import sys


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
