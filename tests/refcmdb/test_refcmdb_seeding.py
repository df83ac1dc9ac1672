"""Migrations and seeding, on real databases."""

from __future__ import annotations

import collections

import alembic.command
import psycopg
import pytest

from refcmdb import migrations
from refcmdb.seeding import load, rows
from refcmdb.seeding.plan import Plan
from refcmdb.settings import Settings

CONTENTS = """
    SELECT relname, (xpath('/row/h/text()', query_to_xml(format(
        'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) AS h FROM %s t', relname),
        false, true, '')))[1]::text
      FROM pg_class
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
       AND relname NOT IN ('users', 'api_tokens')
     ORDER BY relname
"""
SCHEMA = """
    SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL
    SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
     ORDER BY 1
"""


@pytest.fixture
def migrated(new_database) -> str:
    url = new_database()
    migrations.upgrade(Settings(database_url=url))
    return url


def query(url: str, statement: str) -> list[tuple]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def test_same_seed_gives_the_same_rows_and_another_one_others(new_database):
    contents = []
    for number in (1, 1, 2):
        url = new_database()
        migrations.upgrade(Settings(database_url=url))
        load.seed(url, Plan(devices=50, seed=number))
        contents.append(query(url, CONTENTS))
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]


def test_seeding_leaves_the_schema_as_it_was(migrated):
    before = query(migrated, SCHEMA)
    load.seed(migrated, Plan(devices=20, seed=0))
    assert query(migrated, SCHEMA) == before


def test_seeded_database_goes_on_counting(seeded_database):
    for table in ("devices", "interfaces", "tags"):
        ((last, following),) = query(
            seeded_database,
            f"SELECT max(id), nextval(pg_get_serial_sequence('{table}', 'id')) FROM {table}",
        )
        assert following > last


def test_shares_of_the_tenants():
    plan = Plan(devices=3200, seed=0)
    owners = collections.Counter(
        plan.owner_of(plan.site_of(device)) for device in range(1, plan.devices + 1)
    )
    assert len(owners) == 10
    assert owners[1] == owners[2] == 800


def test_rack_is_one_of_the_devices_site(seeded_database):
    wrong = """
        SELECT count(*)
          FROM devices JOIN racks ON racks.id = rack_id JOIN sites s ON s.id = racks.site_id
         WHERE racks.site_id <> devices.site_id OR s.tenant_id <> devices.tenant_id
    """
    assert query(seeded_database, wrong) == [(0,)]


def test_second_seeding_is_refused(seeded_database, run_refcmdb):
    done = run_refcmdb("seed", "--devices", "10", database_url=seeded_database, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "has rows already" in done.stderr


def test_seeding_without_tables_is_refused(new_database, run_refcmdb):
    done = run_refcmdb("seed", database_url=new_database(), check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "refcmdb migrate" in done.stderr


def test_failed_seeding_leaves_an_empty_database_with_all_indexes(migrated, monkeypatch):
    before = query(migrated, SCHEMA)
    monkeypatch.setattr(rows, "racks", lambda _plan: iter(["not\ta\track\n"]))
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        load.seed(migrated, Plan(devices=20, seed=0))
    assert query(migrated, SCHEMA) == before
    assert query(migrated, "SELECT count(*) FROM devices") == [(0,)]


def test_migrations_make_what_the_models_say(migrated):
    alembic.command.check(migrations.configuration(Settings(database_url=migrated)))


def test_downgrade_takes_everything_away(migrated):
    settings = Settings(database_url=migrated)
    migrations.downgrade(settings)
    tables = query(migrated, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert tables == [("alembic_version",)]
    migrations.upgrade(settings)


def test_migrating_needs_no_superuser(migrated):
    ((superuser,),) = query(migrated, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    assert not superuser
