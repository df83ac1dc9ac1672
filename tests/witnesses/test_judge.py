from __future__ import annotations

import contextlib

import corpus
import psycopg
import pytest

from pytest_cmdbguard.model import Severity
from pytest_cmdbguard.probes.payloads import FULL, SqlProbe, fresh_token, sql_probes
from pytest_cmdbguard.witnesses.judge import judge, sightings
from pytest_cmdbguard.witnesses.sql import SqlWitness, Statement


@pytest.fixture(scope="module")
def witness(admin_url):
    witness = SqlWitness(admin_url)
    witness.install()
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(corpus.SCHEMA)
    yield witness
    witness.close()


@pytest.fixture
def connection(admin_url):
    with psycopg.connect(admin_url, autocommit=True) as connection:
        yield connection


def judgements(witness, connection, call_site, profile):
    probes = sql_probes(profile)
    mark = witness.mark()
    for probe in probes:
        with contextlib.suppress(psycopg.Error, ValueError):
            call_site(connection, probe.text)
    tokens = [token for probe in probes for token in probe.tokens]
    return judge(probes, witness.since(mark), visible=witness.visible(tokens))


def proven(found):
    return {
        judgement.probe.family: judgement.severity.value for judgement in found if judgement.proof
    }


@pytest.mark.parametrize("call_site", corpus.VULNERABLE, ids=lambda site: site.__name__)
def test_quick_probes_find_input_that_becomes_sql(witness, connection, call_site):
    found = proven(judgements(witness, connection, call_site, "quick"))
    print(found)
    assert found


@pytest.mark.parametrize("profile", ["quick", "full"])
@pytest.mark.parametrize("call_site", corpus.SOUND, ids=lambda site: site.__name__)
def test_sound_call_sites_are_never_accused(witness, connection, call_site, profile):
    found = judgements(witness, connection, call_site, profile)
    assert not proven(found), [j.proof for j in found if j.proof]
