import json
import re
import sys

import psycopg
import pytest

from pytest_cmdbguard import targets
from pytest_cmdbguard.errors import DocumentError, ServiceMissing, SettingsError
from pytest_cmdbguard.services.loopback import require_loopback
from pytest_cmdbguard.targets.refcmdb import RefCmdb


def load(settings, toy, **changes):
    toy["target"] |= changes
    toy["target"] = {key: value for key, value in toy["target"].items() if value is not None}
    return targets.load(settings())


def test_an_unknown_target_is_told_with_the_known_ones(settings):
    with pytest.raises(SettingsError, match=r"'nautilus'.*refcmdb, nautobot, openapi"):
        targets.load(settings(target="nautilus"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"document": None}, r"target\.document.*name the file"),
        ({"command": None}, r"either command.*or url"),
        ({"url": "http://127.0.0.1:1"}, r"either command.*or url"),
        ({"command": "serve me"}, r"target\.command.*write a list"),
        ({"comand": ["x"]}, r"target\.comand.*no such key"),
        ({"environment": ["A=1"]}, r"target\.environment.*write a table"),
    ],
)
def test_a_wrong_table_names_the_key(settings, toy, changes, message):
    with pytest.raises(SettingsError, match=message):
        load(settings, toy, **changes)


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.7:80",
        "http://cmdb.example:80",
        "http://127.0.0.1.example",
        "http://[2001:db8::1]",
    ],
)
def test_a_target_on_another_machine_is_refused(settings, toy, url):
    with pytest.raises(SettingsError, match="only this machine is tested"):
        load(settings, toy, command=None, url=url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:80",
        "http://localhost",
        "http://[::1]:80",
        "unix:///run/redis.sock",
        "postgresql://admin@/postgres?host=/run/postgresql",
    ],
)
def test_this_machine_is_accepted(url):
    require_loopback(url, key="target.url")


def test_places_of_a_command_are_filled_and_other_braces_stay(settings, toy):
    target = load(
        settings,
        toy,
        command=["serve", "--port={port}", "{literal}", "{database_url}"],
        environment={"CACHE": "{redis_url}", "LEVEL": 3},
    )
    argv, environment = target.command(port=8000, database_url="pg", redis_url="rd")
    assert argv == ["serve", "--port=8000", "{literal}", "pg"]
    assert environment == {"CACHE": "rd", "LEVEL": "3"}


def test_an_actor_brings_its_token_from_the_environment(settings, toy, monkeypatch):
    toy["actors"] = {"boss": {"role": "admin", "token_env": "BOSS_TOKEN"}}
    monkeypatch.delenv("BOSS_TOKEN", raising=False)
    with pytest.raises(SettingsError, match=r"actors\.boss\.token_env.*set this environment"):
        load(settings, toy)
    monkeypatch.setenv("BOSS_TOKEN", "t0ken")
    (actor,) = load(settings, toy).mint("")
    assert actor.headers == {"Authorization": "Bearer t0ken"}
    assert "t0ken" not in repr(actor)


@pytest.mark.parametrize("entry", ["admin", {"tenant": "red"}, {"role": "x", "rôle": "y"}])
def test_a_wrong_actor_names_the_key(settings, toy, entry):
    toy["actors"] = {"boss": entry}
    with pytest.raises(SettingsError, match=r"actors\.boss"):
        load(settings, toy)


def test_a_missing_document_is_told(settings, toy):
    with pytest.raises(DocumentError, match=r"nowhere\.json: cannot be read"):
        load(settings, toy, document="nowhere.json").document()


def test_a_document_that_only_a_started_service_has_is_told(settings, toy):
    with pytest.raises(DocumentError, match="write it to a file"):
        load(settings, toy, document="/openapi.json").document()


def test_nobody_knows_when_a_snapshot_is_old_without_seed_files(settings, toy):
    assert load(settings, toy, seed_files=None).seed_key(10) == ""
    assert load(settings, toy, seed_files=["schema.sql"]).seed_key(10) != ""


def test_a_program_that_is_not_there_is_named(settings, toy):
    with pytest.raises(ServiceMissing, match="no-such-seeder cannot be run"):
        load(settings, toy, seed=["no-such-seeder"]).seed("postgresql://", 1)


class TestRefCmdb:
    """The default target, as a program that is known by its commands."""

    def test_its_document_needs_no_service(self):
        target = RefCmdb()
        assert target.document()["openapi"].startswith("3.1")
        assert re.fullmatch(r"\d+\.\d+\.\d+", target.version)

    def test_a_missing_program_is_told_as_a_document_error(self, monkeypatch, tmp_path):
        monkeypatch.setenv("CMDBGUARD_CACHE", str(tmp_path))
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
        targets_refcmdb = sys.modules["pytest_cmdbguard.targets.refcmdb"]
        targets_refcmdb._document.cache_clear()
        with pytest.raises(DocumentError, match=r"cannot be run.*pip install"):
            RefCmdb().document()

    def test_the_key_of_a_snapshot_depends_on_the_size_and_not_on_the_fault(self):
        assert RefCmdb().seed_key(10) == RefCmdb(fault="x").seed_key(10)
        assert RefCmdb().seed_key(10) != RefCmdb().seed_key(11)

    def test_a_fault_is_planted_by_its_name(self):
        argv, environment = RefCmdb(fault="sql-sort").command(
            port=1, database_url="pg", redis_url="rd"
        )
        assert argv[-2:] == ["--fault", "sql-sort"]
        urls = {"REFCMDB_DATABASE_URL": "pg", "REFCMDB_REDIS_URL": "rd"}
        assert environment.items() >= urls.items()

    def test_it_runs_with_its_actors_and_answers_what_users_wait_for(self, start, settings):
        import requests  # noqa: PLC0415 - only this test talks to it

        told = settings(target="refcmdb", records=2000)
        (seat,) = start(told, "main").seats
        documented = {
            operation["operationId"]
            for methods in json.loads(seat.shared.document.read_text())["paths"].values()
            for operation in methods.values()
            if "operationId" in operation
        }
        headers = {actor.name: actor.headers for actor in seat.actors}
        assert set(headers) == {
            "viewer-red",
            "operator-red",
            "viewer-blue",
            "operator-blue",
            "admin",
        }
        assert set(seat.target.speed) == {"list", "filter", "search", "detail"}
        for case in seat.target.speed.values():
            assert case.operation in documented
            with psycopg.connect(seat.database_url) as connection:
                cursor = connection.execute(case.values)
                names = [column.name for column in cursor.description]
                rows = cursor.fetchall()
            paths = {case.path.format(**dict(zip(names, row, strict=True))) for row in rows}
            assert len(paths) == len(rows) >= 50
            answer = requests.get(seat.base_url + min(paths), headers=headers["admin"], timeout=5)
            assert answer.status_code == 200
            assert answer.content.count(b'"id":') >= 1
