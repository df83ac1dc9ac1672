"""The example service passes its gate, and what is broken in it is proven."""

import contextlib
import dataclasses
import json
import shutil
import tomllib
from pathlib import Path

import pytest

from pytest_cmdbguard import targets
from pytest_cmdbguard.services.environment import Environment
from pytest_cmdbguard.services.seat import Seat
from pytest_cmdbguard.settings import Settings

EXAMPLE = Path(__file__).parents[2] / "examples" / "assets"
RECORDS = 2000


@pytest.fixture
def example(pytester, monkeypatch, separate_cache):
    """A copy of the example in which it is tested."""
    monkeypatch.setenv("CMDBGUARD_CACHE", str(separate_cache))
    shutil.copytree(EXAMPLE, pytester.path, dirs_exist_ok=True)
    return pytester


@pytest.fixture
def gate(example):
    def run(*select, only=""):
        words = ["--cmdbguard", f"--cmdbguard-records={RECORDS}", "--cmdbguard-zap=off"]
        words += ["-k", only] if only else []
        words += ["-p", "no:randomly", "-p", "no:cacheprovider"]
        words += ["--cmdbguard-select", *select] if select else []
        result = example.runpytest_subprocess(*words)
        report = json.loads((example.path / "cmdbguard-report" / "results.json").read_text())
        return result, report

    return run


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def verdicts(report):
    return {c["id"]: c["verdict"] for c in report["criteria"] if c["verdict"] != "not selected"}


def findings(report):
    return {(f["check"], f["operation"]) for f in report["findings"]}


def test_the_sound_example_passes_its_gate(gate):
    result, report = gate()
    assert result.ret == 0
    assert verdicts(report) == {
        "sql-injection": "passed",
        "access-control": "passed",
        "security-headers": "passed",
        "input-validation": "passed",
        "response-time": "passed",
        "indexed-search": "passed",
        "query-plans": "passed",
        "naming": "passed",
        "caching": "not applicable",
    }
    result.stdout.fnmatch_lines(["*gate open*"])


def test_text_put_into_sql_is_proven(gate, example):
    edit(example.path / "app.py", "name ^@ $2 order by name limit $3", "name ^@ '{q}' limit $2")
    edit(
        example.path / "app.py",
        'query = """\n        select id, name from assets w',
        'query = f"""\n        select id, name from assets w',
    )
    edit(example.path / "app.py", "query, tenant, q, int", "query, tenant, int")
    result, report = gate("sql-injection")
    assert result.ret == 1
    assert verdicts(report) == {"sql-injection": "failed"}
    assert findings(report) == {("CG-INJ-001", "GET /assets")}
    (finding,) = report["findings"]
    assert (finding["location"], finding["parameter"]) == ("query", "q")
    assert "PostgreSQL executed" in finding["proof"]
    assert "curl" in finding["reproduce"][0]


def test_a_forgotten_tenant_is_proven(gate, example):
    edit(
        example.path / "app.py",
        "from assets where tenant = $1 and id = $2",
        "from assets where $1 <> '' and id = $2",
    )
    result, report = gate("access-control")
    assert result.ret == 1
    assert findings(report) == {("CG-AUTHZ-001", "GET /assets/{id}")}


def test_a_row_that_an_update_overwrites_whole_is_found_all_the_same(gate):
    result, report = gate("CG-AUTHZ-004", only="assets_rename")
    assert result.ret == 0
    assert verdicts(report) == {"access-control": "passed"}


@pytest.fixture(scope="session")
def running(tmp_path_factory, separate_cache):
    """The example as somebody else runs it: where it is, and where its database is."""
    directory = tmp_path_factory.mktemp("running")
    shutil.copytree(EXAMPLE, directory, dirs_exist_ok=True)
    tables = tomllib.loads((directory / "cmdbguard.toml").read_text())
    settings = dataclasses.replace(
        Settings.defaults(directory),
        target="openapi",
        records=RECORDS,
        zap="off",
        tables={"target": tables["target"], "actors": tables["actors"]},
    )
    target = targets.load(settings)
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        patch.setenv("CMDBGUARD_CACHE", str(separate_cache))
        environment = Environment(settings, target, lambda _: None)
        stack.callback(environment.stop)
        seat = Seat(environment.start(), settings, target)
        stack.callback(seat.close)
        seat.open()
        yield seat


def point_to(seat, path, *, services=""):
    edit(
        path,
        'command = ["python", "app.py", "{port}", "{database_url}"]',
        f'url = "{seat.base_url}"',
    )
    path.write_text(f'{path.read_text()}\n[services]\nprovider = "external"\n{services}')


def test_a_service_that_runs_already_is_gated(gate, example, running):
    services = f'[services.postgres]\nurl = "{running.database_url}"\n'
    point_to(running, example.path / "cmdbguard.toml", services=services)
    result, report = gate("sql-injection", "access-control", "query-plans")
    assert result.ret == 0
    assert set(verdicts(report).values()) == {"passed"}


def test_what_needs_the_database_is_not_verified_without_it(gate, example, running):
    point_to(running, example.path / "cmdbguard.toml")
    result, report = gate()
    assert result.ret == 1
    found = verdicts(report)
    seen = {name for name, verdict in found.items() if verdict == "passed"}
    assert seen == {"security-headers", "naming"}
    unseen = {c["id"]: c["reason"] for c in report["criteria"] if c["verdict"] == "not verified"}
    assert set(unseen) == set(found) - seen - {"caching"}
    assert all("[services.postgres]" in reason for reason in unseen.values())
    assert report["findings"] == []
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_service_without_speed_cases_is_told_what_is_missing(gate, example, running):
    path = example.path / "cmdbguard.toml"
    text = path.read_text()
    start, end = text.index("# Requests whose speed"), text.index("[actors.north]")
    path.write_text(text[:start] + text[end:])
    point_to(running, path)
    result, report = gate("response-time", "indexed-search")
    assert result.ret == 1
    reasons = {c["id"]: c["reason"] for c in report["criteria"] if c["id"] in verdicts(report)}
    assert reasons == {
        "response-time": "the target has no [target.speed.…] in cmdbguard.toml",
        "indexed-search": "the target has no [target.speed.search] in cmdbguard.toml",
    }


def test_a_speed_case_of_an_unknown_operation_is_a_usage_error(example):
    edit(example.path / "cmdbguard.toml", 'operation = "assets_read"', 'operation = "assets"')
    result = example.runpytest_subprocess("--cmdbguard", "--co", "-p", "no:randomly")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*target.speed.detail.operation = 'assets'*assets_list*"])
