"""Green and red runs of shipped checks, and what they write down."""

from __future__ import annotations

import pytest

HEADERS = ("--cmdbguard-select", "CG-HDR-001")


def test_a_green_run_opens_the_gate(sandbox):
    outcome = sandbox.run(*HEADERS)
    passed = outcome.parseoutcomes()["passed"]
    assert (passed > 50, outcome.ret) == (True, 0)
    outcome.stdout.fnmatch_lines([
        "criterion *verdict *checks *",
        f"security-headers *passed *{passed}/{passed} *",
        "not selected (39): *sql-injection*",
        "1 of 1 criteria accepted: gate open*Report: cmdbguard-report",
    ])  # fmt: skip
    found = sandbox.results()
    assert (found["accepted"], found["aborted"], found["findings"]) == (True, "", [])
    assert found["timings"].keys() >= {"services_s", "seat_s", "ready_s", "checks_s", "total_s"}


@pytest.mark.parametrize("fault", ["headers-missing-on-page"])
def test_a_red_run_names_the_planted_place_and_is_the_same_again(sandbox, fault):
    prints = []
    for _ in range(2):
        outcome = sandbox.run("--cmdbguard-fault", fault, *HEADERS)
        assert (outcome.parseoutcomes()["failed"], outcome.ret) == (1, 1)
        found = sandbox.results()
        prints.append([finding["fingerprint"] for finding in found["findings"]])
        assert (found["accepted"], found["environment"]["fault"]) == (False, fault)
    assert prints[0]
    assert prints[0] == prints[1]
    passed = outcome.parseoutcomes()["passed"]
    outcome.stdout.fnmatch_lines([
        "*fault planted: headers-missing-on-page*",
        "CG-HDR-001 medium: Every response carries the security headers *GET /*",
        "  proof *",
        "  reproduce  curl -si *",
        "             pytest --cmdbguard*--cmdbguard-fault*headers-missing-on-page*CG-HDR-001*",
        "  remedy *",
        f"security-headers *failed *{passed}/{passed + 1} *medium: GET *",
        "0 of 1 criteria accepted: gate closed*",
    ])  # fmt: skip
