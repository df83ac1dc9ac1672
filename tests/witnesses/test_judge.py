from __future__ import annotations

import contextlib

import corpus
import psycopg
import pytest

from pytest_cmdbguard.model import Severity
from pytest_cmdbguard.probes.payloads import FULL, QUICK, sql_probe, sql_probes
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


@pytest.fixture(scope="module")
def connection(admin_url):
    with psycopg.connect(admin_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def attack(witness, connection):
    """Sends the probes of a profile through a call site and has them judged, once."""
    judged = {}

    def attack(call_site, profile):
        if (call_site, profile) not in judged:
            judged[call_site, profile] = _attack(witness, connection, call_site, profile)
        return judged[call_site, profile]

    return attack


def _attack(witness, connection, call_site, profile):
    probes = sql_probes(profile)
    witness.forget()
    mark = witness.mark()
    for probe in probes:
        with contextlib.suppress(psycopg.Error, ValueError):
            call_site(connection, probe.text)
    tokens = [token for probe in probes for token in probe.tokens]
    return judge(probes, witness.since(mark), visible=witness.visible(tokens))


def proven(judgements):
    return {j.probe.family: j.severity for j in judgements if j.proof}


def named(call_site):
    return call_site.__name__


@pytest.mark.parametrize("call_site", corpus.VULNERABLE, ids=named)
def test_quick_probes_find_input_that_becomes_sql(attack, call_site):
    assert proven(attack(call_site, "quick"))


@pytest.mark.parametrize("call_site", corpus.VULNERABLE_FULL, ids=named)
def test_full_probes_find_what_quick_ones_do_not(attack, call_site):
    assert not proven(attack(call_site, "quick"))
    assert proven(attack(call_site, "full"))


@pytest.mark.parametrize("profile", ["quick", "full"])
@pytest.mark.parametrize("call_site", corpus.SOUND, ids=named)
def test_sound_call_sites_are_never_accused(attack, call_site, profile):
    assert [j.proof for j in attack(call_site, profile) if j.proof] == []


@pytest.mark.parametrize("call_site", [corpus.bind, corpus.full_text, corpus.client_literal])
def test_sound_call_sites_are_reached_all_the_same(attack, call_site):
    assert all(judgement.reached for judgement in attack(call_site, "quick"))


def test_a_call_site_that_takes_no_text_is_not_reached(attack):
    assert not any(judgement.reached for judgement in attack(corpus.integer_only, "quick"))


def test_every_quick_family_does_for_some_call_site_what_no_other_does(attack):
    alone = set()
    for call_site in corpus.VULNERABLE:
        found = proven(attack(call_site, "quick"))
        executed = {family for family, severity in found.items() if severity is Severity.CRITICAL}
        for finders in (set(found), executed):
            alone |= finders if len(finders) == 1 else set()
    assert alone == set(QUICK) - {"control"}


def test_execution_is_proven_wherever_a_tripwire_fits(attack):
    executed = [
        call_site
        for call_site in corpus.VULNERABLE
        if Severity.CRITICAL in proven(attack(call_site, "full")).values()
    ]
    missed = [site.__name__ for site in corpus.VULNERABLE if site not in executed]
    assert missed == ["order_by_direction", "hand_quoted_number", "in_comment"]


def test_the_proof_marks_what_came_from_the_request(attack):
    found = next(j for j in attack(corpus.string, "quick") if j.probe.family == "mixed")
    start, end = found.proof.span
    assert found.proof.text[start:end] == found.probe.text
    assert found.token in found.probe.tokens


@pytest.mark.parametrize("call_site", [corpus.number, corpus.nested_execute, corpus.update])
def test_what_was_parsed_stays_visible_without_any_log(witness, connection, call_site):
    probes = [sql_probe("number"), sql_probe("visible"), sql_probe("control")]
    witness.forget()
    for probe in probes:
        with contextlib.suppress(psycopg.Error):
            call_site(connection, probe.text)
    tokens = [token for probe in probes for token in probe.tokens]
    judgements = judge(probes, [], visible=witness.visible(tokens))
    assert [j.proof.position for j in judgements if j.proof] == ["visible"]
    assert judgements[2].proof is None


def test_an_identifier_that_stays_visible_is_no_proof(witness, connection):
    probes = sql_probes("quick")
    witness.forget()
    for probe in probes:
        with contextlib.suppress(psycopg.Error):
            connection.execute(f'select 1 as "{probe.text.replace(chr(34), "")}"'.encode())
    shown = witness.visible([token for probe in probes for token in probe.tokens])
    assert shown
    assert not proven(judge(probes, [], visible=shown))


def _judged(probes, *texts):
    return judge(probes, [Statement(kind="statement", text=text) for text in texts])


def test_text_that_the_scanner_cannot_read_is_proof_only_beside_its_control():
    control, probe = sql_probe("control"), sql_probe("backslash")
    swallowed = f"select * from t where a = E'{probe.tokens[0]}\\' limit 1"
    clean = f"select * from t where a = E'{control.text}' limit 1"
    other = f"select * from other where a = E'{control.text}' limit 1"
    assert not proven(_judged([control, probe], swallowed))
    assert not proven(_judged([control, probe], swallowed, other))
    assert proven(_judged([control, probe], swallowed, clean)) == {"backslash": Severity.HIGH}


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("select 'ä€😀', '{probe}'", "outside"),
        ("select 'ä€😀' as \"ü\", $é${probe}$é$", "literal"),
        ("select 1 /* {probe} */", "comment"),
        ("select 1 -- {probe}", "comment"),
        ('select "{probe}"', "identifier"),
        ("select {token} from t", "identifier"),
        ("select U&'{token}', $1", "literal"),
        ("select '{doubled}'", "literal"),
        ("select E'{doubled}'", "literal"),
        ("select {PROBE}", "outside"),
    ],
)
def test_a_token_has_the_position_that_postgresql_gives_it(statement, position):
    probe = sql_probe("quote")
    text = statement.format(
        probe=probe.text,
        PROBE=probe.text.upper(),
        token=probe.tokens[0],
        doubled=probe.text.replace("'", "''"),
    )
    found = sightings([probe], [Statement(kind="statement", text=text)], visible={})
    assert {sighting.position for sighting in found} == {position}


def test_parts_of_the_input_that_were_split_and_quoted_are_no_break_out():
    probe = sql_probe("order")
    parts = ", ".join(f'"{part}"' for part in probe.text.split(","))
    assert not proven(_judged([probe], f"select {parts} from device"))


def test_no_probe_widens_a_condition_or_waits():
    for payload in FULL.values():
        words = payload.lower().replace("(", " ").split()
        assert not {"or", "pg_sleep", "delete", "update", "insert", "drop"} & set(words)
