from __future__ import annotations

import time

import psycopg
import pytest

from pytest_cmdbguard.errors import ServiceError
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.witnesses import rows as rows_module
from pytest_cmdbguard.witnesses import wal
from pytest_cmdbguard.witnesses.rows import Place, RowWitness

states = rows_module._states


@pytest.fixture(scope="module")
def rows_url(server_url):
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        connection.execute("create database rows")
    url = f"{server_url}/rows"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table device (id bigint primary key, name text)")
        connection.execute('create table "order" (a int, "B b" text, primary key (a, "B b"))')
        connection.execute("create table keyless (note text)")
        connection.execute(
            "insert into device select n, 'device-' || n from generate_series(1, 100000) n"
        )
        connection.execute("analyze")
    return url


@pytest.fixture
def rows(rows_url):
    witness = RowWitness(rows_url)
    yield witness
    witness.close()


@pytest.fixture
def connection(rows_url):
    with psycopg.connect(rows_url, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ("update device set name = name where id = 5", ["device"]),
        ("delete from device where id = 6", ["device"]),
        ("insert into \"order\" values (1, 'x')", ['"order"']),
        ("insert into keyless values ('x'), ('y')", ["keyless"]),
        ("delete from device where id = 7; insert into device values (7, 'x')", ["device"]),
        ("begin; update device set name = 'y'; rollback", []),
        ("select count(*) from device", []),
        ("create table transient (a int); drop table transient", []),
    ],
)
def test_a_committed_change_is_seen_and_nothing_else(rows, connection, statement, changed):
    before = rows.snapshot()
    connection.execute(statement)
    assert rows.changed_since(before) == changed


def test_a_change_by_an_older_transaction_that_commits_later_is_seen(rows, rows_url, connection):
    with psycopg.connect(rows_url) as older:
        older.execute("insert into keyless values ('older')")
        connection.execute("insert into keyless values ('younger')")
        before = rows.snapshot()
        older.commit()
    assert rows.changed_since(before) == ["keyless"]


def test_a_change_by_an_older_transaction_is_seen_also_when_the_log_was_read_in_between(
    rows, rows_url, connection
):
    rows.snapshot()
    with psycopg.connect(rows_url) as older:
        older.execute("insert into keyless values ('older')")
        connection.execute("update device set name = name where id = 11")
        before = rows.snapshot()
        connection.execute("update device set name = name where id = 12")
        assert rows.changed_since(before) == ["device"]
        before = rows.snapshot()
        older.commit()
    assert rows.changed_since(before) == ["keyless"]


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ("update device set name = name where id = 13", ["device"]),
        ("truncate keyless", ["keyless"]),
        ("update fleeting set a = a + 1", ["fleeting"]),
        ("create table late (a int)", ["late"]),
    ],
)
def test_after_other_writes_only_what_was_written_is_read(
    rows, connection, statement, changed, monkeypatch
):
    connection.execute("drop table if exists fleeting, late; truncate keyless")
    connection.execute("create unlogged table fleeting as select 1 as a")
    connection.execute("insert into keyless values ('x')")
    rows.snapshot()
    connection.execute("set synchronous_commit = off")
    connection.execute('insert into "order" select coalesce(max(a), 100) + 1, \'x\' from "order"')
    read = []
    monkeypatch.setattr(
        rows_module,
        "_states",
        lambda connection, names: read.append(names) or states(connection, names),
    )
    before = rows.snapshot()
    assert read == [['"order"', "fleeting"]]
    connection.execute(statement)
    assert rows.changed_since(before) == changed


def test_without_the_log_all_tables_are_read(rows_url, connection, monkeypatch):
    monkeypatch.setattr(wal, "_INSTALL", "create extension nobody_has_this_one")
    witness = RowWitness(rows_url)
    before = witness.snapshot()
    connection.execute("update device set name = name where id = 14")
    assert witness.changed_since(before) == ["device"]
    witness.close()


def test_looking_again_is_cheap_while_nothing_is_written(rows):
    rows.snapshot()
    started = time.perf_counter()
    for _ in range(50):
        rows.snapshot()
    assert (time.perf_counter() - started) / 50 < 0.01


def test_a_token_is_found_with_its_row(rows, connection):
    token = fresh_token()
    connection.execute("insert into device values (200001, %s)", [f"core {token.upper()}"])
    connection.execute('insert into "order" values (2, %s)', [token])
    connection.execute("insert into keyless values (%s)", [token])
    found = {str(place): place.column for place in rows.find_token(token)}
    assert found == {
        '"order" (a 2, B b ' + token + ")": "B b",
        "device (id 200001)": "name",
        "keyless ()": "note",
    }


def test_a_row_is_found_by_its_key_where_it_shows_the_token(rows, connection):
    token = fresh_token()
    connection.execute("insert into device values (200004, %s), (200005, 'other')", [token])
    (row,) = rows.find_row(token, 200004)
    assert (str(row), row.column) == ("device (id 200004)", "name")
    assert rows.find_row(token, 200005) == []
    assert rows.find_row(token, "no number") == []
    assert rows.find_row(token, None) == []


def test_the_state_of_a_row_changes_with_it_and_ends_with_it(rows, connection):
    token = fresh_token()
    connection.execute("insert into device values (200002, %s)", [token])
    (row,) = rows.find_token(token)
    first = rows.state(row)
    assert rows.state(row) == first
    connection.execute("update device set name = name where id = 200002")
    second = rows.state(row)
    assert (second.columns, second.xmin > first.xmin) == (first.columns, True)
    connection.execute("delete from device where id = 200002")
    assert rows.state(row) is None


def test_a_token_is_looked_for_in_one_table_if_that_is_asked(rows, connection):
    token = fresh_token()
    connection.execute("insert into device values (200003, %s)", [token])
    connection.execute("insert into keyless values (%s)", [token])
    assert [str(place) for place in rows.find_token(token, table="device")] == [
        "device (id 200003)"
    ]


def test_the_rows_that_refer_to_a_row_are_counted_by_table(rows, connection):
    connection.execute(
        """
        create table rack (site int, "No" int, primary key (site, "No"));
        create table shelf (site int, rack int, foreign key (site, rack) references rack);
        create table note (rack int unique);
        create table label (rack int references note (rack));
        insert into rack values (1, 1), (1, 2);
        insert into shelf values (1, 1), (1, 1), (1, 2);
        insert into note values (1); insert into label values (1)
        """
    )
    place = Place(table="rack", key=(("site", "1"), ("No", "1")), column="site")
    assert rows.kin(place) == {"shelf": 2}
    other = Place(table="note", key=(), column="rack")
    assert rows.kin(other) == {}
    connection.execute("drop table rack, shelf, note, label cascade")


def test_the_moment_stays_while_nothing_is_written(rows, connection):
    before = rows.moment()
    connection.execute("select count(*) from device")
    assert rows.moment() == before
    connection.execute("update device set name = 'y' where id = 8")
    assert rows.moment() != before


def test_the_state_of_one_table(rows, connection):
    before = rows.table_state("device")
    connection.execute("update device set name = 'z' where id = 9")
    after = rows.table_state("device")
    assert after.count == before.count
    assert after != before


def test_a_server_that_is_not_there_is_one_clear_error():
    with pytest.raises(ServiceError, match="no witness can connect"):
        RowWitness("postgresql://guard@127.0.0.1:1/rows")
