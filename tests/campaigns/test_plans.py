"""Which statements read through a large table, on a real PostgreSQL with its own log."""

import contextlib

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from pytest_cmdbguard.campaigns.plan_reader import PlanReader, _count
from pytest_cmdbguard.errors import GuardError
from pytest_cmdbguard.witnesses import plans
from pytest_cmdbguard.witnesses.database import connect
from pytest_cmdbguard.witnesses.sql import SqlWitness

SCHEMA = """
create table large (id int primary key, code text not null, note text, kind int not null);
insert into large select n, 'code ' || n, nullif('n' || n % 7, 'n3'), n % 5
  from generate_series(1, 5000) n;
create index on large (code text_pattern_ops);
create table small (id int primary key, note text);
insert into small select n, 'n' || n from generate_series(1, 50) n;
analyze
"""


@pytest.fixture(scope="module")
def database(new_database):
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in SCHEMA.split(";"):
            connection.execute(statement)
    return url


@pytest.fixture(scope="module")
def reader(database):
    """Reads what a plain connection does; it needs no target for that."""
    sql = SqlWitness(database)
    sql.install()
    reader = PlanReader(sql, database, None, None)
    yield reader
    reader.close()
    sql.close()


@pytest.fixture(scope="module")
def application(database):
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def observe(reader, application):
    def run(statement, *values, large_rows=1000):
        ask = lambda: application.execute(statement, values or None)  # noqa: E731 - a request
        return reader.of(ask, large_rows=large_rows)

    return run


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("select id from large where note = 'n1'", ()),
        ("select id from large where note = %s", ("n1",)),
        ("select id from large where note = %s", ("it's",)),
        ("select id from large where note is not distinct from %s::text", (None,)),
        ("select id from large where kind = any(%s)", ([1, 2],)),
        ("select id from large where note like '%1%'", ()),
        ("select id from large where note like %s and mod(id, 3) = 1", ("%1%",)),
        ("select id from large where code like '%7'", ()),
        ("select id from large where upper(code) = %s", ("CODE 7",)),
        ("select s.id from small s join large l on l.note = s.note where l.kind = %s", (9,)),
    ],
)
def test_a_condition_without_a_usable_index_is_a_finding(observe, statement, values):
    observed = observe(statement, *values)
    assert observed.explained == 1
    assert [scan.table for scan in observed.scans] == ["large"]
    (scan,) = observed.scans
    assert scan.rows == 5000
    assert scan.examined >= 2500
    assert "examined 5,000 of 5,000 rows" in str(scan)


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("select note from large where id = 7", ()),
        ("select note from large where id = %s", (7,)),
        ("select note from large where id = any(%s)", ([7, 8],)),
        ("select note from large where id = any(%s::int[])", ([],)),
        ("select note from large where code like 'code 77%'", ()),
        ("select note from large where code like %s", ("code 77%",)),
        ("select note from large where id > %s order by id limit %s", (100, 20)),
        ("select s.id from small s join large l on l.id = s.id where s.id < %s", (5,)),
        ("select note from large order by id desc limit 50", ()),
        ("select count(*) from large where id < 100 -- 100 %", ()),
    ],
)
def test_a_condition_that_an_index_serves_is_none(observe, statement, values):
    observed = observe(statement, *values)
    assert (observed.explained, observed.scans) == (1, ())


def test_an_index_that_is_walked_to_throw_its_rows_away_is_a_finding(observe):
    (scan,) = observe("select id from large where note = 'nowhere' order by id limit 5").scans
    assert scan.node == "Index Scan"
    assert (scan.examined, scan.kept) == (5000, 0)
    assert "nowhere" in scan.condition


def test_an_index_walk_that_ends_early_is_none(observe):
    assert observe("select id from large where kind = 1 order by id limit 5").scans == ()


def test_small_tables_may_be_read_through(observe):
    assert observe("select id from small where note = 'n7'") == observe("select 1")
    assert observe("select id from small where note = 'n7'", large_rows=10).scans != ()


def test_statements_that_write_are_left_alone(observe, application):
    before = application.execute("select sum(kind) from large").fetchone()
    observed = observe("update large set kind = kind where note = 'n1'")
    assert (observed.explained, observed.scans) == (0, ())
    assert application.execute("select sum(kind) from large").fetchone() == before


def test_a_statement_that_cannot_be_run_again_is_told_and_not_passed_over(observe, application):
    application.execute("create temporary table mine as select 1 as id")
    with pytest.raises(GuardError, match=r"cannot be explained.*mine"):
        observe("select large.id from large join mine on large.id = mine.id")


def test_explaining_leaves_nothing_behind(database):
    engine = connect(database)
    with contextlib.suppress(DBAPIError):
        plans.explain(engine, "delete from large", "")
    with contextlib.suppress(DBAPIError):
        plans.explain(engine, "select 1; delete from large", "")
    plan = plans.explain(engine, "select 1 where $1 = 'a''b'", "Parameters: $1 = 'a''b'")
    assert plan["Node Type"] == "Result"
    with engine.connect() as connection:
        show = connection.exec_driver_sql("show enable_seqscan").scalar_one()
        prepared = connection.exec_driver_sql("select count(*) from pg_prepared_statements")
        rows = connection.exec_driver_sql("select count(*) from large").scalar_one()
    engine.dispose()
    assert (show, prepared.scalar_one(), rows) == ("on", 0, 5000)


def test_one_connection_explains_many_statements(database):
    engine = connect(database)
    for _ in range(12):  # the driver prepares what it sends for the sixth time
        assert plans.large_tables(engine, minimum_rows=1000) == {"large": 5000}
        plans.explain(engine, "select note from large where id = $1", "Parameters: $1 = '7'")
    engine.dispose()


def test_pages_that_no_cache_knows_are_asked_for(cmdb):
    reader = PlanReader(cmdb.sql, cmdb.seat.database_url, cmdb.api, cmdb.surroundings)
    listing = cmdb.operations["devices_list"]
    limit = next(p for p in listing.parameters if p.name == "limit")
    first, again = (reader.page(listing, limit, items=3) for _ in range(2))
    large = reader.page(listing, limit, items=40)
    reader.close()
    assert (first.items, again.items, large.items) == (3, 10, 40)
    assert first.statements == again.statements == large.statements > 0


def test_statements_that_grow_with_the_page_are_counted(faulty):
    place = faulty("plan-tags-per-device")
    reader = PlanReader(place.sql, place.seat.database_url, place.api, place.surroundings)
    listing = place.operations["devices_list"]
    limit = next(p for p in listing.parameters if p.name == "limit")
    small, large = (reader.page(listing, limit, items=items) for items in (3, 40))
    reader.close()
    assert large.statements - small.statements == 37
    assert large.most_repeated.startswith("40 times SELECT")


@pytest.mark.parametrize(
    ("body", "items"),
    [
        (b"[1, 2]", 2),
        (b'{"next": 1, "items": [1]}', 1),
        (b'{"a": 1}', 0),
        (b"<html>", 0),
        (b"7", 0),
    ],
)
def test_the_items_of_a_page_are_counted(body, items):
    assert _count(body) == items
