"""Last night's report of another scanner is handed in, and answered alert by alert."""

from __future__ import annotations

import json

import pytest

HOST = "http://127.0.0.1:8000"
CLAIMS = {
    ("GET", "/api/v1/devices?sort=name", "sort", "89"): "SQL Injection",
    ("GET", "/api/v1/devices?q=x", "q", "89"): "SQL Injection",
    ("GET", "/api/v1/devices?limit=1", "limit", "89"): "SQL Injection",
    ("GET", "/api/v1/devices?q=x", "q", "78"): "Remote OS Command Injection",
    ("GET", "/old", "q", "89"): "SQL Injection",
    ("GET", "/api/v1/devices", "", "693"): "CSP Header Not Set",
}


@pytest.fixture
def last_night(pytester):
    alerts = [
        {
            "alert": name,
            "riskcode": "3",
            "cweid": cwe,
            "instances": [{"uri": HOST + url, "method": method, "param": parameter}],
        }
        for (method, url, parameter, cwe), name in CLAIMS.items()
    ]
    report = {"@programName": "ZAP", "@version": "2.17.0", "site": [{"alerts": alerts}]}
    pytester.path.joinpath("last-night.json").write_text(json.dumps(report))
    pytester.path.joinpath("cmdbguard.toml").write_text(
        '[reports]\nimports = ["last-night.json"]\n'
    )
    return ("--cmdbguard-select", "CG-ZAP-001")


def standings(sandbox):
    return {
        (answer["url"].removeprefix(HOST), answer["cwe"]): (answer["standing"], answer["because"])
        for answer in sandbox.results()["answers"]
    }


@pytest.mark.usefixtures("last_night")
def test_a_planted_fault_is_confirmed_and_what_is_sound_is_refuted(sandbox, last_night):
    outcome = sandbox.run(*last_night, "--cmdbguard-fault", "sql-sort-concat")
    assert outcome.ret == 1
    outcome.stdout.fnmatch_lines([
        "vulnerabilities  failed*critical: GET /api/v1/devices, query*",
        "alerts of last-night.json (ZAP 2.17.0): 1 confirmed, 1 refuted, 2 unreached, 2 unconf*",
    ])  # fmt: skip
    said = standings(sandbox)
    assert said["/api/v1/devices?sort=name", 89][0] == "confirmed"
    standing, because = said["/api/v1/devices?q=x", 89]
    assert standing == "refuted"
    assert "bound value" in because
    assert "FROM" in because
    assert said["/api/v1/devices?limit=1", 89][0] == "unreached"
    standing, because = said["/api/v1/devices?q=x", 78]
    assert standing == "unreached"
    assert because == "a harmless text there reached sql, no process"
    assert said["/old", 89] == ("unconfirmed", "the document has no such operation")
    assert said["/api/v1/devices", 693][0] == "unconfirmed"
    (found,) = sandbox.results()["findings"]
    assert (found["check"], found["severity"], found["parameter"]) == (
        "CG-ZAP-001",
        "critical",
        "sort",
    )


def test_a_sound_look_alike_is_accused_by_nobody(sandbox, last_night):
    outcome = sandbox.run(*last_night, "--cmdbguard-fault", "sql-driver-quoted")
    assert outcome.parseoutcomes()["passed"] == 1
    assert not sandbox.results()["findings"]
    assert all(standing != "confirmed" for standing, _ in standings(sandbox).values())


def test_a_report_that_is_none_is_one_clear_message(pytester, sandbox):
    pytester.path.joinpath("last-night.json").write_text("<html>")
    pytester.path.joinpath("cmdbguard.toml").write_text(
        '[reports]\nimports = ["last-night.json"]\n'
    )
    outcome = sandbox.run()
    assert outcome.ret == 4
    outcome.stderr.fnmatch_lines(["ERROR: reports.imports = 'last-night.json' *not JSON*"])
