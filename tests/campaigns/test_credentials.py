"""Logging in, being shown data, and credentials that end."""

import json

import pytest

from pytest_cmdbguard.campaigns.admission import Admission, shows_data
from pytest_cmdbguard.campaigns.dead_credentials import WAYS, Executioner
from pytest_cmdbguard.campaigns.login import Expendable, LogIn, NobodyLeft, token_of
from pytest_cmdbguard.campaigns.url_credentials import accepted, readable
from pytest_cmdbguard.errors import GuardError
from pytest_cmdbguard.model import Actor, Exchange
from pytest_cmdbguard.probes.surroundings import Surroundings
from pytest_cmdbguard.witnesses.accounts import AccountWitness


@pytest.fixture(scope="module")
def expendable(cmdb):
    return Expendable(cmdb.target.expendable(cmdb.seat.app_database_url))


@pytest.fixture(scope="module")
def log_in(cmdb):
    operations = tuple(cmdb.operations.values())
    return next(LogIn.all_of(cmdb.api, Surroundings(cmdb.api, operations), operations, None))


@pytest.fixture(scope="module")
def admission(cmdb):
    return Admission(cmdb.api, tuple(cmdb.operations.values()), cmdb.cast.broadest)


@pytest.fixture
def accounts(cmdb):
    witness = AccountWitness(cmdb.seat.database_url)
    yield witness
    witness.close()


def test_log_in_is_found_in_the_document_and_gives_a_token(log_in, expendable, admission):
    assert log_in.operation.id == "auth_login"
    living = log_in.enter(expendable.steady)
    assert token_of(living).startswith("rcm_")
    assert shows_data(admission.as_actor(living))
    with pytest.raises(GuardError, match="HTTP 401 to the password"):
        log_in.enter(Actor(name="nobody", role="", password="wrong"))


def test_every_expendable_actor_is_handed_out_once():
    actors = [Actor(name=name, role="") for name in "ab"]
    pool = Expendable(actors)
    assert pool.steady is pool.steady
    assert pool.take().name == "b"
    with pytest.raises(NobodyLeft, match="expendable = true"):
        pool.take()


def test_strangers_and_garbage_are_shown_nothing(admission):
    assert not shows_data(admission.with_headers({}))
    assert not shows_data(admission.with_headers({"Authorization": "Bearer rcm_garbage"}))


@pytest.mark.parametrize(
    ("status", "body", "shown"),
    [
        (200, {"items": [{"id": 1}]}, True),
        (200, [{"id": 1}], True),
        (200, {"items": []}, False),
        (200, {"error": "no"}, False),
        (401, {"items": [{"id": 1}]}, False),
    ],
)
def test_data_is_a_success_with_an_object(status, body, shown):
    answer = Exchange(
        method="GET", url="http://h/", status=status, headers={}, body=json.dumps(body).encode()
    )
    assert shows_data(answer) is shown


def test_ended_credentials_are_dead_and_really_were_ended(
    cmdb, log_in, admission, accounts, expendable
):
    operations = tuple(cmdb.operations.values())
    executioner = Executioner(log_in, admission, accounts, operations)
    victim = expendable.take()
    for way in WAYS:
        death = executioner(way, victim)
        assert (death.stopped, death.survived) == ("", False), way
        assert death.answer.status == 401
    with pytest.raises(GuardError):
        log_in.enter(victim)


def test_remembered_credentials_are_seen_alive(faulty):
    place = faulty("auth-actors-remembered")
    operations = tuple(place.operations.values())
    here = next(LogIn.all_of(place.api, place.surroundings, operations, None))
    actor = place.target.expendable(place.seat.app_database_url)[0]
    witness = AccountWitness(place.seat.database_url)
    admission = Admission(place.api, operations, place.cast.broadest)
    executioner = Executioner(here, admission, witness, operations)
    assert executioner("revoked", actor).survived
    witness.close()


def test_hashes_and_tokens_are_found_by_the_names_of_columns(accounts, log_in, expendable):
    mark = accounts.mark()
    token = token_of(log_in.enter(expendable.steady))
    assert [one.table for one in accounts.came_with(mark)] == ["public.api_tokens"]
    assert accounts.places_of(token, mark) == []
    stored = {one.user: one.text for one in accounts.passwords()}
    assert stored[expendable.steady.name].startswith("$argon2id$")


def test_url_opens_nothing(cmdb, log_in, expendable):
    token = token_of(log_in.enter(expendable.steady))
    operations = readable(tuple(cmdb.operations.values()))
    assert len(operations) > 5
    assert list(accepted(cmdb.api, operations[0], token)) == []
