from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import threading
import time

import psycopg
import pytest

from pytest_cmdbguard.errors import ServiceError, ServiceNotReady
from pytest_cmdbguard.witnesses import logtail, telemetry
from pytest_cmdbguard.witnesses.sql import SqlWitness

CODE = "create function pg_one() returns int language plpgsql as 'begin return 1; end'"


@pytest.fixture(scope="module")
def database_url(server_url):
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        connection.execute('create database "sql ""ü"""')
    url = f"{server_url}/sql%20%22%C3%BC%22"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(CODE)  # so that plans are told, whichever test comes first
    return url


@pytest.fixture
def witness(database_url):
    witness = SqlWitness(database_url)
    witness.install()
    yield witness
    witness.close()


@pytest.fixture
def connection(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def seen(witness, mark):
    return [(s.kind, s.text, s.parameters) for s in witness.since(mark) if s.kind != "plan"]


def test_both_protocols_are_seen_with_their_values(witness, connection):
    mark = witness.mark()
    connection.execute("select 'a\nb: ü'")
    connection.execute("select %s::text, %s::int", ["it's", None])
    assert seen(witness, mark) == [
        ("statement", "select 'a\nb: ü'", ""),
        ("statement", "select $1::text, $2::int", "Parameters: $1 = 'it''s', $2 = NULL"),
    ]


def test_refused_statements_are_seen_with_their_code(witness, connection):
    mark = witness.mark()
    for statement in ("select 'open", "select 1 / 0"):
        with contextlib.suppress(psycopg.Error):
            connection.execute(statement)
    refused = [(s.text, s.sqlstate) for s in witness.since(mark) if s.kind == "error"]
    assert refused == [("select 'open", "42601"), ("select 1 / 0", "22012")]


def test_values_of_a_refused_bind_are_seen(witness, connection):
    mark = witness.mark()
    with contextlib.suppress(psycopg.Error):
        connection.execute("select %s::int", ["zq"])
    assert "'zq'" in witness.since(mark)[-1].parameters


def test_statements_inside_functions_are_seen(witness, connection):
    connection.execute("""
        create or replace function nested(q text) returns int language plpgsql as
        $$ declare r int; begin execute 'select ' || q into r; return r; end $$
    """)
    mark = witness.mark()
    for value in ("1 + 1", "1 / 0", "1 +"):
        with contextlib.suppress(psycopg.Error):
            connection.execute("select nested(%s)", [value])
    statements = witness.since(mark)
    plans = {s.text: s.plan for s in statements if s.kind == "plan"}
    assert plans["select 1 + 1"]["Plan"]["Node Type"] == "Result"
    assert [s.text for s in statements if s.kind == "internal"] == ["select 1 / 0", "select 1 +"]


@pytest.mark.parametrize(
    "code",
    [
        "-- nightly\ndo $$ begin execute 'select 1'; end $$",
        "/* first */ select 1; DO LANGUAGE plpgsql 'begin execute ''select 1''; end'",
        CODE.replace("pg_one", "pg_temp.one"),
        f"begin; {CODE}; drop function pg_one; commit",
        "select query_to_xml('select 1', true, true, '')",
    ],
)
def test_plans_are_told_as_soon_as_there_is_code_and_no_sooner(server_url, code):
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        connection.execute("drop database if exists code")
        connection.execute("create database code")
        connection.execute("alter system reset auto_explain.log_min_duration")
        connection.execute("select pg_reload_conf()")
    with psycopg.connect(f"{server_url}/code", autocommit=True) as connection:
        witness = SqlWitness(f"{server_url}/code")
        witness.install()
        while connection.execute("show auto_explain.log_min_duration").fetchone() != ("-1",):
            time.sleep(0.01)
        told, mark = [], witness.mark()
        for text in ("select 'before'", code, "select 'after'"):
            connection.execute(text)
            statements, mark = witness.read(mark)
            told.append([s.kind for s in statements].count("plan"))
        witness.close()
    assert told == [0, 0, 1]


def test_a_long_comment_is_read_in_no_time(witness, connection):
    mark = witness.mark()
    connection.execute("-- licence\n" * 3000 + "select 'commented'")
    began = time.monotonic()
    assert len(witness.since(mark)) == 2
    assert time.monotonic() - began < 5


def test_the_tripwire_names_its_token_and_the_statement_that_ran_it(witness, connection):
    connection.execute("create table if not exists empty (a text)")
    mark = witness.mark()
    statement = "select from empty where a = 'x' and cmdbguard.tripwire('zq1')"
    connection.execute(statement)
    fired = [s for s in witness.since(mark) if s.kind == "tripwire"]
    assert [(s.parameters, s.text) for s in fired] == [("zq1", statement)]


def test_a_role_without_rights_can_run_the_tripwire(witness, connection):
    connection.execute("create role nobody_in_particular")
    mark = witness.mark()
    connection.execute("set role nobody_in_particular; select cmdbguard.tripwire('zq2')")
    connection.execute("reset role; drop role nobody_in_particular")
    assert "zq2" in [s.parameters for s in witness.since(mark)]


def test_only_this_database_and_others_applications_are_reported(witness, server_url):
    mark = witness.mark()
    with psycopg.connect(f"{server_url}/postgres") as elsewhere:
        elsewhere.execute("select 'elsewhere'")
    witness.visible(["zq"])
    witness.totals()
    assert witness.since(mark) == []


def test_a_rotation_of_the_log_loses_nothing(witness, connection):
    mark = witness.mark()
    for n in range(2):
        connection.execute(f"select {n}")
        connection.execute("select pg_rotate_logfile()")
        connection.execute("select pg_sleep(1.1)")  # files are named by the second
    connection.execute("select 3")
    texts = [text for _, text, _ in seen(witness, mark)]
    assert [text for text in texts if "pg_" not in text] == [f"select {n}" for n in (0, 1, 3)]
    assert witness.mark().file != mark.file


@pytest.fixture
def turn_log_to(connection):
    """Lets the server go on in a log file of another name."""

    def turn(name):
        connection.execute(f"alter system set log_filename = '{name}.log'")
        connection.execute("select pg_reload_conf()")
        wait_until(lambda: setting(connection, "log_filename") == f"{name}.log")
        connection.execute("select pg_rotate_logfile()")
        current = "select pg_current_logfile('jsonlog')"
        wait_until(lambda: f"/{name}.json" in connection.execute(current).fetchone()[0])

    yield turn
    connection.execute("alter system reset log_filename")
    connection.execute("select pg_reload_conf()")
    connection.execute("select pg_rotate_logfile()")


def setting(connection, name):
    return connection.execute(f"show {name}").fetchone()[0]


def wait_until(holds):
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def numbers(witness, mark):
    texts = [text for _, text, _ in seen(witness, mark)]
    return [text for text in texts if re.fullmatch(r"select \d+", text)]


def test_files_named_by_a_clock_that_jumps_back_are_read_in_their_order(
    witness, connection, turn_log_to
):
    turn_log_to("y-2026")
    mark = witness.mark()
    for number, name in enumerate(("y-2025", "y-2024")):
        connection.execute(f"select {number}")
        turn_log_to(name)
    connection.execute("select 2")
    assert numbers(witness, mark) == ["select 0", "select 1", "select 2"]


def test_a_file_name_that_comes_round_again_is_read_from_where_it_was(
    witness, connection, turn_log_to
):
    turn_log_to("monday")
    connection.execute("select 1000")  # last week
    turn_log_to("sunday")
    mark = witness.mark()
    connection.execute("select 0")
    turn_log_to("monday")
    connection.execute("select 1")
    assert numbers(witness, mark) == ["select 0", "select 1"]


def test_a_log_that_was_cut_is_told_and_never_silently_empty(witness, monkeypatch):
    mark = witness.mark()
    monkeypatch.setattr(logtail, "_BARRIER_S", 0.3)
    beyond = dataclasses.replace(mark, offset=mark.offset + 10_000_000)
    with pytest.raises(ServiceNotReady, match="was cut or taken away"):
        witness.since(beyond)


def test_megabytes_of_log_and_concurrent_writers_are_read_whole(witness, database_url):
    def write(name):
        with psycopg.connect(database_url, autocommit=True) as connection:
            for n in range(20):
                connection.execute(f"select '{name}-{n}', '{'x' * 100_000}'")

    mark = witness.mark()
    writers = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    texts = [s.text[8:13].split("'")[0] for s in witness.since(mark) if s.kind == "statement"]
    assert sorted(texts) == sorted(f"{name}-{n}" for name in "abc" for n in range(20))


def test_a_text_in_no_encoding_is_read(server_url):
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        connection.execute("create database raw encoding 'SQL_ASCII' template template0")
    raw = SqlWitness(f"{server_url}/raw")
    raw.install()
    mark = raw.mark()
    with psycopg.connect(f"{server_url}/raw", autocommit=True) as connection:
        connection.execute(b"select 'zq\xff\xfe'")
    assert seen(raw, mark)[-1][1].startswith("select 'zq")
    raw.close()


def test_time_and_calls_are_those_of_the_others(witness, connection):
    before = witness.totals()
    connection.execute("select pg_sleep(0.05)")
    connection.execute("select 1")
    spent = witness.totals() - before
    assert spent.calls == 2
    assert 50 <= spent.ms < 500
    assert witness.in_database_ms() >= spent.ms


def test_texts_show_again_and_totals_go_on_after_forgetting(witness, connection):
    connection.execute("select (select 1 as zqfirst) as shown")
    before = witness.totals()
    witness.forget()
    connection.execute("select (select 1 as zqsecond) as shown")
    assert set(witness.visible(["zqfirst", "zqsecond"])) == {"zqsecond"}
    assert (witness.totals() - before).calls == 1


def test_statistics_that_were_there_before_are_used_where_they_are(server_url):
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        connection.execute("create database counted")
    with psycopg.connect(f"{server_url}/counted", autocommit=True) as connection:
        connection.execute("create schema mine; create extension pg_stat_statements schema mine")
        witness = SqlWitness(f"{server_url}/counted")
        witness.install()
        before = witness.totals()
        connection.execute("select (select 1 as zqshown)")
        assert (witness.totals() - before).calls == 1
        assert witness.visible(["zqshown", "zqhidden"]).keys() == {"zqshown"}
        witness.close()


def test_quiet_is_quiet_in_every_session_and_ends(witness, connection):
    connection.execute("select 'warm'")
    with witness.quiet():
        mark = witness.mark()
        before = witness.totals()
        connection.execute("select 'unheard'")
        assert witness.since(mark) == []
        assert (witness.totals() - before).calls == 1
    mark = witness.mark()
    connection.execute("select 'heard'")
    assert seen(witness, mark) == [("statement", "select 'heard'", "")]


def test_installing_ends_a_quiet_that_a_crash_left_behind(witness, connection):
    telemetry.put_in_force(witness._engine, telemetry.QUIET)
    witness.install()
    mark = witness.mark()
    connection.execute("select 'heard'")
    assert len(witness.since(mark)) == 2


def test_plans_are_json_with_the_time_they_took(witness, connection):
    mark = witness.mark()
    connection.execute("select pg_sleep(0.01)")
    plan = next(s for s in witness.since(mark) if s.kind == "plan")
    assert plan.duration_ms >= 10
    assert json.dumps(plan.plan)


@pytest.mark.usefixtures("witness")
def test_sqlalchemy_and_keyword_urls_are_understood(database_url):
    parts = psycopg.conninfo.conninfo_to_dict(database_url)
    keywords = psycopg.conninfo.make_conninfo("", **parts)
    for url in (database_url.replace("://", "+psycopg://"), keywords):
        witness = SqlWitness(url)
        assert witness.totals().calls >= 0
        witness.close()


def test_a_server_that_goes_away_is_one_clear_error_and_may_come_back(witness, connection):
    witness.totals()
    connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name = 'cmdbguard-witness' and datname = current_database()"
    )
    with pytest.raises(ServiceError, match="PostgreSQL: the witness lost its connection"):
        witness.totals()
    assert witness.totals().calls > 0


def test_literals_that_the_judge_would_misread_are_refused(witness, connection):
    off = "alter database {} set standard_conforming_strings = off"
    name = '"sql ""ü"""'
    connection.execute(off.format(name))
    try:
        with pytest.raises(ServiceError, match="standard_conforming_strings is off"):
            witness.install()
    finally:
        connection.execute(f"alter database {name} reset standard_conforming_strings")


def test_settings_of_the_command_line_are_a_clear_error(witness, monkeypatch):
    monkeypatch.setattr(telemetry, "_IN_FORCE_S", 0.05)
    monkeypatch.setattr(telemetry, "_alter", lambda *_: None)
    with pytest.raises(ServiceNotReady, match=r"log_statement.*command line"), witness.quiet():
        pass
