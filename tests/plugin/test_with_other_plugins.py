"""The gate beside the options and plugins that people use with pytest."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

CHECKS = """
import pytest

rule = pytest.mark.cmdbguard(criterion="own-rule")

@rule
@pytest.mark.parametrize("number", range(4))
def test_good(api, number): assert api.get("/health").status == 200

@rule
def test_bad(evidence):
    evidence.measure("8 of 7", share=8 / 7)
    assert WORD
"""


@pytest.fixture
def checks(pytester, own_rule):
    pytester.makepyfile(test_own=CHECKS.replace("WORD", "False"))
    return own_rule


def test_two_workers_give_the_same_verdicts_in_one_matrix(sandbox, checks):
    alone = sandbox.run(*checks)
    before = sandbox.results()
    spread = sandbox.run("-n", "2", *checks)
    after = sandbox.results()
    for outcome in (alone, spread):
        outcomes = outcome.parseoutcomes()
        assert (outcomes["passed"], outcomes["failed"], outcome.ret) == (4, 1, 1)
        matrix = [line for line in outcome.outlines if line.startswith("own-rule")]
        assert len(matrix) == 1
        assert outcome.stdout.str().count("= acceptance =") == 1
    assert stable(before) == stable(after)
    assert spread.stdout.str().count("Valkey") == alone.stdout.str().count("Valkey")


def stable(results):
    """What a run must say whoever runs the items."""
    rows = {
        (row["id"], row["verdict"], row["items"], check["nodeid"], check["outcome"])
        for row in results["criteria"]
        for check in row["checks"]
    }
    return rows, [finding["fingerprint"] for finding in results["findings"]]


@pytest.mark.usefixtures("running_target")
def test_junit_tells_criterion_verdict_and_figures(sandbox, pytester, checks):
    outcome = sandbox.run("--junitxml=junit.xml", *checks)
    assert outcome.ret == 1
    cases = ET.parse(pytester.path / "junit.xml").getroot().iter("testcase")
    told = {
        case.get("name"): {p.get("name"): p.get("value") for p in case.iter("property")}
        for case in cases
    }
    assert len(told) == 5
    assert told["test_good[0]"] == {
        "criterion": "own-rule",
        "check": "test_good",
        "verdict": "passed",
    }
    assert told["test_bad"] == {
        "criterion": "own-rule",
        "check": "test_bad",
        "verdict": "failed",
        "measured": "8 of 7",
    }


@pytest.mark.usefixtures("running_target")
def test_quiet_and_without_header(sandbox, checks):
    outcome = sandbox.run("-q", "--no-header", *checks)
    assert (outcome.parseoutcomes()["failed"], outcome.ret) == (1, 1)
    outcome.stdout.no_fnmatch_line("cmdbguard:*")
    outcome.stdout.fnmatch_lines(
        ["own-rule*failed*4/5*high: test_bad", "0 of 1 criteria*gate closed*"]
    )


@pytest.mark.usefixtures("running_target")
def test_without_terminal_and_cache(sandbox, checks):
    outcome = sandbox.run("-p", "no:terminal", "-p", "no:cacheprovider", *checks)
    assert outcome.ret == 1
    assert outcome.outlines == []
    assert sandbox.verdicts() == {"own-rule": "failed"}


@pytest.mark.usefixtures("running_target")
def test_a_narrow_terminal_without_colours(sandbox, checks, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("PY_COLORS")
    outcome = sandbox.run(*checks)
    assert outcome.ret == 1
    assert "\x1b" not in outcome.stdout.str()
    begin = next(n for n, line in enumerate(outcome.outlines) if "= acceptance =" in line)
    end = next(n for n, line in enumerate(outcome.outlines) if "criteria accepted" in line)
    matrix = outcome.outlines[begin : end - 1]
    assert len(matrix) > 5
    assert max(map(len, matrix)) <= 60


@pytest.mark.usefixtures("running_target")
def test_shuffled_items_and_no_xdist_processes(sandbox, checks):
    outcome = sandbox.run("-p", "randomly", "-p", "xdist", "-n", "0", *checks)
    outcomes = outcome.parseoutcomes()
    assert (outcomes["passed"], outcomes["failed"], outcome.ret) == (4, 1, 1)


@pytest.mark.usefixtures("running_target")
def test_the_last_attempt_decides(sandbox, pytester, own_rule):
    pytester.makepyfile(
        test_own="""
        import pytest

        attempts = []
        rule = pytest.mark.cmdbguard(criterion="own-rule")

        @rule
        def test_better_the_second_time(evidence):
            attempts.append(1)
            assert len(attempts) == 2
    """
    )
    outcome = sandbox.run("--reruns", "1", *own_rule)
    outcomes = outcome.parseoutcomes()
    assert (outcomes["passed"], outcomes["rerun"], outcome.ret) == (1, 1, 0)
    assert sandbox.verdicts() == {"own-rule": "passed"}
    assert sandbox.results()["findings"] == []


@pytest.mark.usefixtures("running_target")
def test_a_timeout_is_no_proof(sandbox, pytester, own_rule):
    pytester.makepyfile(
        test_own="""
        import pytest, time

        @pytest.mark.timeout(0.5)
        @pytest.mark.cmdbguard(criterion="own-rule")
        def test_slow(api): time.sleep(30)
    """
    )
    outcome = sandbox.run(*own_rule)
    assert (outcome.parseoutcomes()["failed"], outcome.ret) == (1, 1)
    assert sandbox.verdicts() == {"own-rule": "not verified"}
    assert "Timeout" in sandbox.criterion("own-rule")["reason"]


@pytest.mark.usefixtures("running_target")
def test_an_error_after_the_check_leaves_it_unverified(sandbox, pytester, own_rule):
    pytester.makepyfile(
        test_own="""
        import pytest

        @pytest.fixture
        def untidy():
            yield
            raise OSError("cannot put it back")

        @pytest.mark.cmdbguard(criterion="own-rule")
        def test_one(untidy): pass
    """
    )
    outcome = sandbox.run(*own_rule)
    assert (outcome.parseoutcomes()["errors"], outcome.ret) == (1, 1)
    assert sandbox.verdicts() == {"own-rule": "not verified"}
    assert sandbox.criterion("own-rule")["reason"] == "error: OSError: cannot put it back"
