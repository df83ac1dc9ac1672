"""Commands that let people in and keep them out, on a database that nobody seeded."""

from __future__ import annotations

import pytest
import requests
from servers import Client


@pytest.fixture(scope="module")
def database_url(new_database, run_refcmdb):
    url = new_database()
    run_refcmdb("migrate", database_url=url)
    return url


def log_in(door, name: str, passwords: dict[str, str]) -> requests.Response:
    return Client(door.base).post("/auth/login", {"username": name, "password": passwords[name]})


def test_first_administrator_lets_everybody_else_in(told, door, unique):
    boss, tenant, eye = unique("boss"), unique("tenant"), unique("eye")
    token = log_in(door, boss, told("users", boss, "--role", "admin")).json()["token"]
    assert Client(door.base, token).post("/tenants", {"name": tenant}).status_code == 201
    made = told("users", eye, "--tenant", tenant)
    assert log_in(door, eye, made).status_code == 200


@pytest.mark.parametrize("words", [["--role", "admin", "--tenant", "north"], []])
def test_only_administrators_belong_to_no_tenant(run_refcmdb, database_url, words):
    done = run_refcmdb("users", "somebody", *words, database_url=database_url, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("refcmdb: --tenant ")


def test_who_is_revoked_is_out_at_once_and_others_are_not(told, door, unique):
    leaver, other = unique("leaver"), unique("other")
    made = told("users", leaver, other, "--role", "admin")
    tokens = told("tokens", leaver, other)
    logged_in = log_in(door, leaver, made).json()["token"]
    browser = requests.Session()
    form = {"username": leaver, "password": made[leaver]}
    browser.post(f"{door.base}/login", data=form, allow_redirects=False, timeout=15)

    def statuses():
        theirs = [Client(door.base, token) for token in (tokens[leaver], logged_in, tokens[other])]
        page = browser.get(f"{door.base}/api/v1/sites", timeout=15)
        return [client.get("/sites").status_code for client in theirs] + [page.status_code]

    assert statuses() == [200, 200, 200, 200]
    assert told("revoke", leaver) == {leaver: {"tokens": 2, "sessions": 1}}
    assert statuses() == [401, 401, 200, 401]
    assert told("revoke", leaver) == {leaver: {"tokens": 0, "sessions": 0}}
    assert log_in(door, leaver, made).status_code == 200  # until the password is another one
    told("passwords", leaver)
    assert log_in(door, leaver, made).status_code == 401


def test_revoking_somebody_unknown_touches_nobody(told, run_refcmdb, database_url, door, unique):
    known = unique("known")
    told("users", known, "--role", "admin")
    token = told("tokens", known)[known]
    done = run_refcmdb("revoke", known, "nobody", database_url=database_url, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert Client(door.base, token).get("/sites").status_code == 200


def test_tokens_come_with_passwords_where_both_are_wanted(told, run_refcmdb, database_url, door):
    told("users", "two-keys", "--role", "admin")
    made = told("tokens", "--passwords", "two-keys")["two-keys"]
    assert Client(door.base, made["token"]).get("/sites").status_code == 200
    assert log_in(door, "two-keys", {"two-keys": made["password"]}).status_code == 200
    words = ("tokens", "--passwords", "two-keys", "nobody")
    done = run_refcmdb(*words, database_url=database_url, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert log_in(door, "two-keys", {"two-keys": made["password"]}).status_code == 200
