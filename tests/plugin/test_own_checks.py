"""Users' own tests as checks: the same markers, fixtures and matrix as the shipped ones."""

from __future__ import annotations

import json

import pytest

ALL_KINDS = '''
import pytest
from pytest_cmdbguard import Severity, check, not_verified

rule = pytest.mark.cmdbguard(criterion="own-rule")


@check(
    id="OWN-API-001",
    criterion="security-headers",
    title="The sites have a name",
    severity=Severity.LOW,
    remedy="Name them.",
)
def test_claimed(api, rows, sql, evidence, threshold):
    before = rows.snapshot()
    answer = api.get("/api/v1/sites", query={"limit": 2})
    evidence.add("the list", answer)
    evidence.measure("2 of 7", share=2 / 7)
    assert answer.status == 200
    assert rows.changed_since(before) == []


@rule
def test_bare(api, operations, threshold):
    """Seven is the limit."""
    assert threshold["at_most"] == 7
    assert len(operations) > 7


@rule
def test_of_an_operation(operation):
    assert operation.path.startswith("/")


def test_plain(): raise AssertionError("never runs")
'''


@pytest.mark.usefixtures("own_rule")
def test_they_stand_in_the_same_matrix(pytester, sandbox):
    pytester.makepyfile(test_own=ALL_KINDS)
    outcome = sandbox.run("-k", "test_own and not operation or test_own and devices_list")
    outcomes = outcome.parseoutcomes()
    assert (outcomes["passed"], outcome.ret) == (3, 0)
    assert outcomes["deselected"] > 200
    outcome.stdout.fnmatch_lines([
        "security-headers  passed*1/1 of *2 of 7",
        "own-rule          passed*2/2 of *",
        "2 of 2 criteria accepted: gate open; *",
    ])  # fmt: skip
    checks = sandbox.criterion("own-rule")["checks"]
    assert {(check["id"], check["title"]) for check in checks} == {
        ("test_bare", "Seven is the limit."),
        ("test_of_an_operation", "test_of_an_operation"),
    }
    assert sandbox.criterion("own-rule")["source"] == "cmdbguard.toml"


BAD_DAY = """
import pytest
from pytest_cmdbguard import not_verified

rule = pytest.mark.cmdbguard

@rule(criterion="xss")
def test_wrong(api, evidence):
    evidence.add("the health", api.get("/health"))
    assert 1 + 1 == 3, "sums are wrong"

@rule(criterion="csrf")
def test_open_question(): not_verified("the moon was not full")

@rule(criterion="cdn")
def test_broken(): {}["a key that is not there"]

@rule(criterion="load")
def test_skipped(): pytest.skip("too early")

@rule(criterion="cpu")
def test_no_such_actor(api): api.as_actor("nobody-known")

@rule(criterion="memory")
def test_expected_to_fail(request):
    request.applymarker(pytest.mark.xfail)
    assert False
"""


@pytest.mark.usefixtures("running_target")
def test_every_kind_of_end_has_its_verdict(pytester, sandbox):
    pytester.makepyfile(test_own=BAD_DAY)
    outcome = sandbox.run("-k", "test_own")
    outcomes = outcome.parseoutcomes()
    assert (outcomes["failed"], outcomes["skipped"], outcome.ret) == (3, 2, 1)
    assert sandbox.verdicts() == {
        "xss": "failed",
        "csrf": "not verified",
        "cdn": "not verified",
        "load": "not verified",
        "cpu": "not verified",
        "memory": "not verified",
    }
    assert sandbox.criterion("csrf")["reason"] == "the moon was not full"
    assert sandbox.criterion("load")["reason"] == "too early"
    assert sandbox.criterion("cdn")["reason"] == "error: KeyError: 'a key that is not there'"
    assert "no actor is named 'nobody-known'" in sandbox.criterion("cpu")["reason"]
    outcome.stdout.fnmatch_lines(["*gate closed*"])


@pytest.mark.usefixtures("running_target")
def test_what_the_evidence_holds_is_the_proof_of_a_failed_assert(pytester, sandbox):
    pytester.makepyfile(test_own=BAD_DAY)
    outcome = sandbox.run("-k", "test_wrong")
    assert outcome.ret == 1
    (finding,) = sandbox.results()["findings"]
    assert "sums are wrong" in finding["proof"]
    assert "the health: GET http://127.0.0.1:" in finding["proof"]
    assert finding["reproduce"][-1] == "pytest --cmdbguard --cmdbguard-records=300 -k test_wrong"
    outcome.stdout.fnmatch_lines(["test_wrong high: test_wrong", "  proof *the health: GET *"])


RULINGS = """
[criteria.own-rule]
text = "A rule of our own"
waived = { reason = "bought", owner = "Ops", until = 2999-12-31 }
[criteria.xss]
waived = { reason = "late", owner = "Ops", until = 2020-01-31 }
[criteria.cdn]
not_applicable = "there is none"
[criteria.response-time]
threshold = { p95_s = 1.25 }
"""
RULED = """
import pytest

rule = pytest.mark.cmdbguard

@rule(criterion="own-rule")
def test_waived(): assert False

@rule(criterion="cdn")
def test_not_applicable(): assert False

@rule(criterion="xss")
def test_waiver_is_over(): assert False

@rule(criterion="response-time")
def test_threshold(threshold): assert threshold == {"p95_s": 1.25}
"""


@pytest.mark.usefixtures("running_target")
def test_rulings_and_thresholds_of_the_file_count(pytester, sandbox):
    pytester.makepyfile(test_own=RULED)
    sandbox.configure(RULINGS)
    outcome = sandbox.run("-k", "test_own")
    assert (outcome.parseoutcomes()["failed"], outcome.ret) == (3, 1)
    assert sandbox.verdicts() == {
        "own-rule": "waived",
        "cdn": "not applicable",
        "xss": "failed",
        "response-time": "passed",
    }
    outcome.stdout.fnmatch_lines(["own-rule *waived *0/1 *bought*"])


@pytest.mark.usefixtures("running_target")
def test_the_gate_opens_where_all_that_failed_is_waived(pytester, sandbox):
    pytester.makepyfile(test_own=RULED)
    sandbox.configure(RULINGS)
    outcome = sandbox.run("-k", "test_waived or test_not_applicable or test_threshold")
    assert (outcome.parseoutcomes()["failed"], outcome.ret) == (2, 0)
    outcome.stdout.fnmatch_lines(["3 of 3 criteria accepted: gate open*"])
    assert sandbox.results()["accepted"] is True


UNKNOWN = "pytest.mark.cmdbguard(criterion='no-such')"


@pytest.mark.parametrize(
    ("marker", "words", "complaint"),
    [
        (UNKNOWN, ["--co"], "no criterion 'no-such'; *"),
        (UNKNOWN, [], "no criterion 'no-such'; *"),
        (UNKNOWN, ["-n2"], "no criterion 'no-such'; *"),
        ("pytest.mark.cmdbguard(criterium='xss')", ["--co"], "*keyword argument 'criterium'"),
        ("pytest.mark.cmdbguard(criterium='xss')", ["-n2"], "*keyword argument 'criterium'"),
        ("pytest.mark.cmdbguard('xss')", ["--co"], "*it takes keyword arguments only"),
        ("pytest.mark.cmdbguard()", ["--co"], "*missing * keyword-only argument: 'criterion'"),
    ],
)
@pytest.mark.usefixtures("running_target")
def test_a_marker_that_does_not_fit_is_one_clear_error(
    pytester, sandbox, marker, words, complaint
):
    pytester.makepyfile(test_own=f"import pytest\n\n@{marker}\ndef test_one(): pass\n")
    outcome = sandbox.run(*words)
    assert outcome.ret == 4
    outcome.stderr.fnmatch_lines([f"ERROR: test_own.py::test_one: {complaint}"])
    text = outcome.stdout.str() + outcome.stderr.str()
    assert text.count("test_own.py::test_one: ") == 1
    assert not any(word in text for word in ("Traceback", "INTERNALERROR", "passed"))
    if "--co" not in words:
        assert "test_own.py::test_one: " in sandbox.results()["aborted"]


@pytest.mark.parametrize("words", [(), ("-n2",)], ids=["alone", "two workers"])
@pytest.mark.usefixtures("running_target")
def test_a_module_that_cannot_be_imported_keeps_the_gate_closed(
    pytester, sandbox, own_rule, words
):
    pytester.makepyfile(
        test_broken="import no_such_module",
        test_own="""
            import pytest

            @pytest.mark.cmdbguard(criterion="own-rule")
            def test_one(): pass
        """,
    )
    outcome = sandbox.run(*words, *own_rule)
    assert outcome.parseoutcomes()["errors"] >= 1
    assert outcome.ret == (1 if words else 2)
    assert sandbox.results()["accepted"] is False
    assert sandbox.results()["aborted"] == "test_broken.py could not be collected"
    outcome.stdout.no_fnmatch_line("*gate open*")


def test_a_check_id_of_another_form_is_told_where_it_is_written(pytester, sandbox):
    pytester.makepyfile(
        test_own="""
        from pytest_cmdbguard import Severity, check

        @check(id="x1", criterion="xss", title="t", severity=Severity.LOW, remedy="r")
        def test_one(): pass
    """
    )
    outcome = sandbox.run("--co")
    assert outcome.ret == 2
    outcome.stdout.fnmatch_lines(["E   ValueError: check id 'x1' must look like 'CG-AUTHZ-003'"])


@pytest.mark.usefixtures("running_target")
def test_a_finding_does_not_end_the_check(pytester, sandbox, own_rule):
    pytester.makepyfile(
        test_own="""
        import pytest

        @pytest.mark.cmdbguard(criterion="own-rule")
        def test_two_places(evidence, operations):
            for operation in operations[:2]:
                evidence.finding("it is bad", operation=operation, sink="here")
    """
    )
    outcome = sandbox.run(*own_rule)
    assert (outcome.parseoutcomes()["failed"], outcome.ret) == (1, 1)
    found = sandbox.results()["findings"]
    assert len({finding["fingerprint"] for finding in found}) == 2
    assert all(finding["proof"] == "it is bad" for finding in found)
    assert json.loads((sandbox.report / "results.json").read_text())["accepted"] is False
