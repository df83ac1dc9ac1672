"""Which checks run, and what the gate says of those that do not."""

from __future__ import annotations

import pytest

FOUR = """
import pytest

rule = pytest.mark.cmdbguard(criterion="own-rule")

@rule
def test_one(api): assert api.get("/health").status == 200

@rule
def test_two(): assert SECOND

@rule
def test_three(): pass

def test_plain(): pass
"""


def four(pytester, *, second):
    pytester.makepyfile(test_own=FOUR.replace("SECOND", str(second)))


def test_collecting_only_starts_nothing_and_lists_the_checks(pytester, sandbox):
    four(pytester, second=True)
    pytester.path.joinpath("cmdbguard.toml").write_text('[criteria.own-rule]\ntext = "x"')
    outcome = sandbox.run("--co", "-q")
    assert outcome.ret == 0
    outcome.stdout.fnmatch_lines_random([
        "cmdbguard/headers.py::security_headers_are_on_every_response[[]devices_list[]]",
        "cmdbguard/injection.py::*[[]devices_create[]]",
        "test_own.py::test_one",
    ])  # fmt: skip
    outcome.stdout.no_fnmatch_line("*test_plain")
    outcome.stdout.no_fnmatch_line("*ready*")
    outcome.stdout.no_fnmatch_line("*acceptance*")
    assert not sandbox.report.exists()


@pytest.mark.parametrize(
    ("words", "collected"),
    [
        (("-k", "security_headers and devices_list"), 1),
        (("-m", "cmdbguard(criterion='indexed-search')"), 1),
        (("-m", "cmdbguard(id='CG-HDR-001')", "-k", "devices_list or devices_read"), 2),
        (("--cmdbguard-select", "CG-HDR-001", "-k", "devices_list"), 1),
        (("--cmdbguard-select", "indexed-search"), 1),
        (
            (
                "--cmdbguard-select",
                "indexed-search,security-headers",
                "-k",
                "search or vlans_list",
            ),
            2,
        ),
    ],
)
def test_checks_are_chosen_in_every_usual_way(sandbox, words, collected):
    outcome = sandbox.run("--co", "-q", *words)
    assert outcome.ret == 0
    lines = [line for line in outcome.outlines if line.startswith("cmdbguard/")]
    assert len(lines) == collected


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        (
            "CG-HDR-000",
            "*'CG-HDR-000' (from command line) cannot be used: did you mean CG-HDR-00*",
        ),
        ("securty-headers", "*did you mean security-headers*"),
    ],
)
def test_an_unknown_id_is_answered_with_a_suggestion(sandbox, word, answer):
    outcome = sandbox.run("--cmdbguard-select", word)
    assert outcome.ret == 4
    outcome.stderr.fnmatch_lines([f"ERROR: --cmdbguard-select = {answer}"])
    outcome.stderr.no_fnmatch_line("*Traceback*")
    assert not sandbox.report.exists()


@pytest.mark.usefixtures("running_target")
def test_the_gate_stays_closed_where_nothing_was_selected(sandbox):
    outcome = sandbox.run("-k", "nothing_has_this_name")
    assert outcome.ret == 1
    outcome.stdout.fnmatch_lines(["*0 of 0 criteria accepted: gate closed*"])
    assert sandbox.results()["accepted"] is False


@pytest.mark.usefixtures("running_target")
def test_the_gate_stays_closed_on_a_criterion_without_checks(sandbox):
    outcome = sandbox.run("--cmdbguard-select", "cdn")
    assert outcome.ret == 1
    outcome.stdout.fnmatch_lines(["cdn*not verified*0/0*no check yet"])
    assert sandbox.verdicts() == {"cdn": "not verified"}


@pytest.mark.usefixtures("running_target")
def test_after_a_failure_only_what_failed_runs_again(pytester, sandbox, own_rule):
    four(pytester, second=False)
    first = sandbox.run("-x", *own_rule)
    outcomes = first.parseoutcomes()
    assert (outcomes["passed"], outcomes["failed"], first.ret) == (1, 1, 1)
    assert [check["outcome"] for check in sandbox.criterion("own-rule")["checks"]] == [
        "passed",
        "failed",
        "not run",
    ]

    again = sandbox.run("--lf", *own_rule)
    assert (again.parseoutcomes()["failed"], again.ret) == (1, 1)
    assert "passed" not in again.parseoutcomes()

    four(pytester, second=True)
    repaired = sandbox.run("--lf", *own_rule)
    assert (repaired.parseoutcomes()["passed"], repaired.ret) == (1, 0)
    repaired.stdout.fnmatch_lines(["own-rule*passed*1/1 of 3*", "*gate open; 2 of their checks*"])


@pytest.mark.usefixtures("running_target", "own_rule")
def test_what_did_not_run_any_more_leaves_its_criterion_unverified(pytester, sandbox):
    pytester.makepyfile("""
        import pytest

        @pytest.mark.cmdbguard(criterion="input-validation")
        def test_first(): assert False

        @pytest.mark.cmdbguard(criterion="own-rule")
        def test_second(): pass
    """)
    outcome = sandbox.run("-x", "-k", "test_first or test_second")
    assert outcome.parseoutcomes()["failed"] == 1
    assert outcome.ret == 1
    outcome.stdout.fnmatch_lines(["own-rule*not verified*0/1*not run: the run ended*"])
    assert sandbox.verdicts() == {"input-validation": "failed", "own-rule": "not verified"}
