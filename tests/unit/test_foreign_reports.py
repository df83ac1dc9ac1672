"""Reports of ZAP, of SARIF writers and of Wapiti become alerts; others are one clear error."""

from __future__ import annotations

import dataclasses
import json

import pytest

from pytest_cmdbguard import foreign_reports
from pytest_cmdbguard.answers import Alert
from pytest_cmdbguard.errors import SettingsError
from pytest_cmdbguard.settings import Settings

ZAP = {
    "@programName": "ZAP",
    "@version": "2.17.0",
    "site": [
        {
            "@name": "http://127.0.0.1:8000",
            "alerts": [
                {
                    "pluginid": "40018",
                    "alert": "SQL Injection",
                    "riskcode": "3",
                    "cweid": "89",
                    "instances": [
                        {
                            "uri": "http://127.0.0.1:8000/devices?sort=1",
                            "method": "GET",
                            "param": "sort",
                            "attack": "1'",
                        },
                        {"uri": "http://127.0.0.1:8000/sites", "method": "POST", "param": "name"},
                    ],
                },
                {"alert": "Note", "riskcode": "0", "cweid": "-1", "instances": []},
            ],
        }
    ],
}
RULE = {
    "id": "40018",
    "name": "SQL Injection",
    "defaultConfiguration": {"level": "error"},
    "relationships": [{"target": {"id": "89", "toolComponent": {"name": "CWE"}}}],
}
TAGGED = {"id": "py/sql", "properties": {"tags": ["security", "external/cwe/cwe-089"]}}


def sarif(*results, rules=(RULE,)):
    driver = {"name": "ZAP", "rules": list(rules)}
    return {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": list(results)}]}


def located(uri, **more):
    location = {"physicalLocation": {"artifactLocation": {"uri": uri}}, **more}
    return {"ruleId": "40018", "locations": [location]}


WAPITI = {
    "vulnerabilities": {
        "SQL Injection": [
            {"method": "GET", "path": "/devices?q=1", "level": 4, "parameter": "q", "info": "…"}
        ],
        "Backup file": [],
    },
    "infos": {"version": "Wapiti 3.3.2"},
}


@pytest.fixture
def read(tmp_path):
    def read(content, name="last-night.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return foreign_reports.alerts(path)

    return read


def test_zap_reports_have_one_alert_per_instance(read):
    assert read(ZAP) == [
        Alert(
            source="last-night.json (ZAP 2.17.0)",
            name="SQL Injection",
            risk="high",
            cwe=89,
            method=method,
            url=url,
            parameter=parameter,
        )
        for method, url, parameter in [
            ("GET", "http://127.0.0.1:8000/devices?sort=1", "sort"),
            ("POST", "http://127.0.0.1:8000/sites", "name"),
        ]
    ]


@pytest.mark.parametrize(
    ("result", "rules", "seen"),
    [
        (located("http://h/x?q=1"), (RULE,), ("high", 89, "GET", "http://h/x?q=1", "")),
        (
            located("http://h/x?q=1%27", properties={"attack": "1'"}),
            (RULE,),
            ("high", 89, "GET", "http://h/x?q=1%27", "q"),
        ),
        (
            located("x") | {"webRequest": {"method": "PUT"}, "level": "note"},
            (RULE,),
            ("low", 89, "PUT", "x", ""),
        ),
        (
            {"ruleId": "py/sql", "webRequest": {"target": "/x"}, "properties": {"param": "p"}},
            (TAGGED,),
            ("medium", 89, "GET", "/x", "p"),
        ),
        (
            {"ruleId": "r", "locations": [{}]},
            ({"id": "r", "properties": {"security-severity": "9.1"}},),
            ("critical", 0, "GET", "", ""),
        ),
        (
            {"ruleId": "gone", "taxa": [{"id": "CWE-79", "toolComponent": {"name": "CWE"}}]},
            (),
            ("medium", 79, "GET", "", ""),
        ),
    ],
)
def test_sarif_says_risk_weakness_and_place_in_many_ways(read, result, rules, seen):
    (alert,) = read(sarif(result, rules=rules))
    assert (alert.risk, alert.cwe, alert.method, alert.url, alert.parameter) == seen


def test_wapiti_names_categories(read):
    (alert,) = read(WAPITI)
    assert (alert.risk, alert.cwe, alert.url, alert.parameter) == (
        "critical",
        89,
        "/devices?q=1",
        "q",
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "not JSON"),
        ("[]", "neither ZAP's traditional JSON, nor SARIF"),
        ({"alerts": []}, "neither ZAP's traditional JSON, nor SARIF"),
        ({"site": [{}]}, "not as such reports are"),
        ({"site": [{"alerts": [{"riskcode": "9", "instances": [{"uri": "x"}]}]}]}, "not as such"),
        ({"runs": 5}, "not as such reports are"),
        ({"vulnerabilities": []}, "not as such reports are"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(read, content, words):
    with pytest.raises(SettingsError, match=words) as error:
        read(content)
    assert "last-night.json" in str(error.value)


def settings(tmp_path, table):
    return dataclasses.replace(Settings.defaults(tmp_path), tables={"reports": table})


def test_reports_are_named_from_where_the_settings_are(tmp_path):
    tmp_path.joinpath("a.json").write_text(json.dumps(ZAP))
    assert len(foreign_reports.read(settings(tmp_path, {"imports": ["a.json"]}))) == 2
    assert foreign_reports.read(settings(tmp_path, {})) == ()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"import": []}, "known keys are baseline, imports"),
        ({"imports": "a.json"}, "list files"),
        ({"imports": ["gone.json"]}, "cannot be read"),
    ],
)
def test_wrong_settings_are_told(tmp_path, table, words):
    with pytest.raises(SettingsError, match=words):
        foreign_reports.read(settings(tmp_path, table))


def test_the_baseline_may_have_another_name(tmp_path):
    assert foreign_reports.baseline_path(settings(tmp_path, {"baseline": "b.toml"})) == (
        tmp_path / "b.toml"
    )
    with pytest.raises(SettingsError, match="name a file"):
        foreign_reports.baseline_path(settings(tmp_path, {"baseline": 5}))
