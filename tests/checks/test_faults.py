"""What counts as a fault that was found and a twin that was left alone."""

import dataclasses
import os
import re
import subprocess
import sys

import pytest

from pytest_cmdbguard import faults
from pytest_cmdbguard.collection import shipped_claims
from pytest_cmdbguard.faults import Planted, Trial, closing, judge, report

PLACE = "GET /devices"
CHECK = "CG-INJ-001"


def planted(kind="fault"):
    return Planted(name="sql-x", kind=kind, check=CHECK, operation="devices_list", summary="x")


def check(outcome, check=CHECK):
    return {"checks": [{"id": check, "outcome": outcome, "reason": "noise"}]}


def finding(check=CHECK, operation=PLACE):
    return {"check": check, "operation": operation, "proof": "seen"}


def results(*findings, aborted="", criteria=()):
    return {"aborted": aborted, "findings": list(findings), "criteria": list(criteria)}


@pytest.mark.parametrize(
    ("seen", "place", "problem"),
    [
        (results(finding()), PLACE, ""),
        (results(finding(operation="GET /sites"), finding()), PLACE, ""),
        (results(finding(operation="GET /sites")), "", ""),
        (results(), PLACE, "not found by CG-INJ-001"),
        (results(finding("CG-HDR-001")), PLACE, "not found by CG-INJ-001"),
        (
            results(criteria=[check("not verified", "CG-CACHE-001")]),
            PLACE,
            "not found by CG-INJ-001; CG-CACHE-001: noise",
        ),
        (results(finding(), finding("CG-HDR-001")), PLACE, "also accused by CG-HDR-001"),
        (results(finding(operation="GET /sites")), PLACE, "found elsewhere: ['GET /sites']"),
        (results(finding(), aborted="PostgreSQL: died"), PLACE, "PostgreSQL: died"),
    ],
)
def test_a_fault_is_found_by_its_check_at_its_place_and_by_no_other(seen, place, problem):
    assert judge(planted(), seen, place) == problem


@pytest.mark.parametrize(
    ("seen", "problem"),
    [
        (results(), ""),
        (results(criteria=[check("passed")]), ""),
        (results(criteria=[{"checks": []}]), ""),
        (results(finding()), "CG-INJ-001 GET /devices: seen"),
        (results(finding("CG-HDR-001", "GET /")), "CG-HDR-001 GET /: seen"),
        (results(criteria=[check("not verified")]), "CG-INJ-001: noise"),
        (results(criteria=[check("error")]), "CG-INJ-001: noise"),
        (results(criteria=[check("not run")]), "CG-INJ-001: noise"),
        (results(aborted="interrupted"), "interrupted"),
    ],
)
def test_a_twin_is_left_alone_and_decided(seen, problem):
    assert judge(planted("twin"), seen, PLACE) == problem


@pytest.mark.parametrize(
    ("seen", "problem"),
    [
        (results(criteria=[check("not verified")]), ""),
        (results(criteria=[check("passed")]), "not found by CG-INJ-001"),
        (
            results(criteria=[check("not verified", "CG-INJ-002")]),
            "not found by CG-INJ-001; CG-INJ-002: noise",
        ),
        (
            results(finding("CG-HDR-001"), criteria=[check("not verified")]),
            "also accused by CG-HDR-001",
        ),
    ],
)
def test_a_check_that_accuses_nobody_finds_by_proving_nothing(seen, problem):
    silent = dataclasses.replace(planted(), operation="", shows="not verified")
    assert judge(silent, seen, "") == problem


def trial(kind, problem=""):
    return Trial(planted=planted(kind), problem=problem, seconds=1.25)


def test_the_closing_line_counts_what_was_found_and_who_was_accused():
    ended = [trial("fault"), trial("fault", "not found"), trial("twin"), trial("twin", "accused")]
    line = closing(ended, 12.4)
    assert line == "faults: 2 planted, 1 found; twins: 2 sound, 1 accused; 12 s"


def test_a_trial_that_went_wrong_says_how():
    assert re.fullmatch(r"ok +CG-INJ-001 +fault +sql-x +1\.2 s", report(trial("fault")))
    assert report(trial("twin", "accused of x")).splitlines()[1].strip() == "accused of x"


# It judges the reports that a run is handed: tests/campaigns/test_second_opinion.py hands it some
# about faults and twins of other checks.
OF_THE_RUN = {"CG-ZAP-001"}


def test_every_shipped_check_has_a_fault_and_a_twin():
    catalogue = faults.catalogue()
    of_the_target = set(shipped_claims()) - OF_THE_RUN
    for kind in ("fault", "twin"):
        assert {one.check for one in catalogue if one.kind == kind} == of_the_target


def test_every_planted_place_is_an_operation_of_the_document():
    settings = faults.Settings.defaults(faults.Path.cwd())
    paths = faults._paths(faults.load(settings).document())
    assert {one.operation for one in faults.catalogue()} <= {*paths, ""}


def test_an_unknown_name_is_told_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as ended:
        faults.main(["no-such-fault"])
    assert ended.value.code == 2
    assert "no fault or twin named no-such-fault; known are: " in capsys.readouterr().err


def test_faults_are_found_and_twins_left_alone_on_real_services(separate_cache, tmp_path):
    names = ["sql-sort-concat", "headers-missing-on-page", "authz-vlan-delete-unscoped"]
    names += ["sql-driver-quoted", "headers-other-spelling"]
    finished = subprocess.run(
        [sys.executable, "-m", "pytest_cmdbguard.faults", "--zap=off", *names],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"CMDBGUARD_CACHE": str(separate_cache)},
    )
    last = finished.stdout.splitlines()[-1]
    assert last.startswith("faults: 3 planted, 3 found; twins: 2 sound, 0 accused; "), last
    assert finished.returncode == 0
    assert finished.stdout.count("\nok ") == 5


def test_a_sample_has_a_fault_and_a_twin_of_every_check_that_is_not_timed():
    claims = faults.shipped_claims()
    everything = [one for one in faults.catalogue() if not claims[one.check].alone]
    first, second = (faults.sampled(everything, number) for number in (0, 1))
    kinds = {(one.check, one.kind) for one in everything}
    assert {(one.check, one.kind) for one in first} == kinds
    assert len(first) == len(second) == len(kinds)
    assert first != second
