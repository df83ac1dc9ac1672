"""What ``cmdbguard.toml`` may say of a service of one's own beyond how it starts."""

import datetime as dt
import json
import sys

import pytest
from http_server import serving

from pytest_cmdbguard.errors import DocumentError, SettingsError
from pytest_cmdbguard.settings import Settings
from pytest_cmdbguard.targets import SpeedCase
from pytest_cmdbguard.targets.openapi import OpenApiTarget

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "x", "version": "1.5"},
    "paths": {"/assets": {"get": {"operationId": "list"}, "post": {"operationId": "create"}}},
}
SEARCH = {"operation": "list", "path": "/assets?q={q}", "values": "select 'a' as q"}


@pytest.fixture
def target(tmp_path):
    (tmp_path / "openapi.json").write_text(json.dumps(DOCUMENT))

    def make(**table):
        given = {"document": "openapi.json", "command": ["serve"]} | table
        kept = {key: value for key, value in given.items() if value is not None}
        settings = Settings.defaults(tmp_path)
        settings.tables["target"] = kept
        return OpenApiTarget.from_settings(settings)

    return make


def test_speed_cases_are_read(target):
    found = target(speed={"search": SEARCH})
    assert found.speed == {"search": SpeedCase(**SEARCH)}
    assert found.document() == DOCUMENT
    assert target().speed == {}


@pytest.mark.parametrize(
    ("speed", "message"),
    [
        ("fast", r"target\.speed = 'fast'.*write a table"),
        ({"search": "fast"}, r"target\.speed\.search = 'fast'.*operation, path, values"),
        ({"search": SEARCH | {"limit_s": 1}}, r"target\.speed\.search\.limit_s.*no such key"),
        ({"search": SEARCH | {"values": ["a"]}}, r"target\.speed\.search\.values.*write a text"),
        ({"search": {"operation": "list"}}, r"target\.speed\.search\.path = None.*write a text"),
        ({"search": SEARCH | {"path": "/assets"}}, r"search\.path.*a place for a column"),
        ({"search": SEARCH | {"path": "assets?q={q}"}}, r"search\.path.*a place for a column"),
    ],
)
def test_a_wrong_speed_case_names_the_key(target, speed, message):
    with pytest.raises(SettingsError, match=message):
        target(speed=speed)


@pytest.mark.parametrize("operation", ["lists", "create"])
def test_a_speed_case_is_of_a_reading_operation_of_the_document(target, operation):
    found = target(speed={"search": SEARCH | {"operation": operation}})
    with pytest.raises(SettingsError, match=rf"'{operation}'.*one of its GET operations: list"):
        found.document()


def test_a_document_may_be_yaml(target, tmp_path):
    text = "openapi: 3.1.0\ninfo: {title: x, version: 2026-01-31}\npaths: {}\n"
    for name in ("api.yaml", "api.yml"):
        (tmp_path / name).write_text(text)
        assert target(document=name).version == dt.date(2026, 1, 31).isoformat()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.yaml", "a: [", r"a\.yaml: is not YAML \(.*line 1"),
        ("a.yaml", "- a", r"a\.yaml: is not an object"),
        ("a.json", "openapi: 3", r"a\.json: is not JSON"),
        ("a.json", "[]", r"a\.json: is not an object"),
    ],
)
def test_a_document_that_cannot_be_read_is_told(target, tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(DocumentError, match=message):
        target(document=name).document()


def test_yaml_without_its_package_is_told(target, tmp_path, monkeypatch):
    (tmp_path / "a.yaml").write_text("a: 1")
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(DocumentError, match=r"PyYAML is missing; pip install"):
        target(document="a.yaml").document()


def test_a_running_service_is_asked_for_its_document(target):
    with serving(lambda _: (200, {}, json.dumps(DOCUMENT).encode())) as server:
        found = target(command=None, url=server.url, document="/openapi.json")
        assert found.document() == DOCUMENT
        assert [asked.path for asked in server.asked] == ["/openapi.json"]
    with pytest.raises(DocumentError, match="cannot be fetched"):
        found.document()


@pytest.mark.parametrize(
    ("command", "program"),
    [
        (["python", "app.py"], sys.executable),
        (["python3", "app.py"], "python3"),
        (["./python", "app.py"], "./python"),
    ],
)
def test_plain_python_is_the_one_that_runs_pytest(target, command, program):
    argv, _ = target(command=command).command(port=1, database_url="", redis_url="")
    assert argv == [program, "app.py"]


def test_a_seed_command_in_plain_python_has_the_packages_of_pytest(target, tmp_path):
    (tmp_path / "seed.py").write_text(
        "import pathlib, sys, pytest\npathlib.Path('seen').write_text(' '.join(sys.argv[1:]))"
    )
    target(seed=["python", "seed.py", "{records}", "{database_url}"]).seed("postgresql://x", 7)
    assert (tmp_path / "seen").read_text() == "7 postgresql://x"


def test_the_key_of_a_snapshot_does_not_depend_on_where_python_is(target, tmp_path, monkeypatch):
    (tmp_path / "seed.py").write_text("")
    found = target(seed=["python", "seed.py"], seed_files=["seed.py"])
    key = found.seed_key(7)
    monkeypatch.setattr(sys, "executable", "/elsewhere/python")
    assert found.seed_key(7) == key
