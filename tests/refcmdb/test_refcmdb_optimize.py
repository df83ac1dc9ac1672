"""Reports on a real database: what is planted is found, and the sound schema lacks nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from clusters import new_cluster

from refcmdb import models


@pytest.fixture(scope="module")
def cluster(run_refcmdb):
    settings = ("shared_preload_libraries = 'pg_stat_statements'", "autovacuum = off")
    with new_cluster(*settings) as counting:
        run_refcmdb("migrate", database_url=counting.url)
        run_refcmdb("seed", "--devices", "300", database_url=counting.url)
        yield counting


@pytest.fixture
def report(cluster):
    def run(*words: str) -> dict:
        done = subprocess.run(
            [sys.executable, "-m", "refcmdb", "optimize", *words],
            env=os.environ | {"REFCMDB_DATABASE_URL": cluster.url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def planted(cluster):
    """Runs a statement that makes an object, and drops it after the test."""
    made = []

    def plant(kind: str, name: str, rest: str) -> str:
        cluster.execute(f"CREATE {kind} {name} {rest}")
        made.append(f"DROP {kind.removeprefix('UNIQUE ')} {name}")
        return name

    yield plant
    for statement in reversed(made):
        cluster.execute(statement)


def test_every_index_of_the_model_says_what_needs_it():
    indexes = [one for table in models.metadata.tables.values() for one in table.indexes]
    assert len(indexes) > 80
    assert [one.name for one in indexes if len(one.info.get("reason", "")) < 10] == []


def test_the_sound_schema_has_no_needless_index_and_lacks_none(report):
    told = report()["indexes"]
    assert (told["redundant"], told["unindexed"]) == ([], [])
    assert told["since"]


@pytest.mark.parametrize(
    ("kind", "rest", "by"),
    [
        ("INDEX", "ON devices (name, id)", "ix_devices_name_id"),
        ("INDEX", "ON devices (tenant_id, serial)", "ix_devices_tenant_id_serial_id"),
        ("UNIQUE INDEX", "ON devices (tenant_id, serial)", "uq_devices_tenant_id_serial"),
        ("INDEX", "ON devices (id) INCLUDE (id)", "pk_devices"),
    ],
    ids=["same", "beginning", "unique-twice", "covered"],
)
def test_a_needless_index_is_named_with_the_one_that_serves(kind, rest, by, planted, report):
    name = planted(kind, "zz_planted", rest)
    found = [one for one in report()["indexes"]["redundant"] if one["index"] == name]
    assert [one["table"] for one in found] == ["devices"]
    assert found[0]["by"] in {by, "uq_devices_tenant_id_serial"}


@pytest.mark.parametrize(
    "rest",
    [
        "ON devices (name DESC, id)",
        "ON devices (name, id) WHERE status = 'active'",
        "ON devices (lower(name))",
        "ON devices USING hash (name)",
        "ON devices (name text_pattern_ops)",
        "ON devices (name) INCLUDE (comments)",
        "ON devices (id, name)",
    ],
    ids=["descending", "partial", "expression", "hash", "patterns", "including", "other-order"],
)
def test_an_index_of_its_own_kind_is_no_duplicate(rest, planted, report):
    name = planted("INDEX", "zz_planted", rest)
    assert name not in {one["index"] for one in report()["indexes"]["redundant"]}


def test_a_foreign_key_without_an_index_is_named(planted, report):
    name = planted("TABLE", "zz_notes", "(site_id bigint REFERENCES sites, rack_id bigint)")
    told = report()["indexes"]["unindexed"]
    assert [(one["table"], one["columns"]) for one in told] == [(name, ["site_id"])]
    planted("INDEX", "zz_partial", "ON zz_notes (site_id) WHERE rack_id > 1")
    assert report()["indexes"]["unindexed"] == told
    planted("INDEX", "zz_sound", "ON zz_notes (site_id, rack_id)")
    assert report()["indexes"]["unindexed"] == []


def test_an_index_is_unused_until_somebody_uses_it(planted, cluster, report):
    name = planted("INDEX", "zz_planted", "ON devices (comments, status)")
    told = {one["index"]: one["reason"] for one in report()["indexes"]["unused"]}
    assert told[name] == ""
    assert told["ix_devices_search_text"] == "search for a part of a word"
    for _ in range(3):
        cluster.execute("SET enable_seqscan = off; SELECT 1 FROM devices WHERE comments = 'x'")
    deadline = time.monotonic() + 20
    while name in {one["index"] for one in report()["indexes"]["unused"]}:
        assert time.monotonic() < deadline, "the scan was never counted"


def test_a_slow_statement_is_told_and_a_quick_one_is_not(cluster, report):
    cluster.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    cluster.execute("SELECT pg_sleep(0.3)")
    cluster.execute("SELECT 'quick'::text")
    told = report("--slower-than", "200")["queries"]
    assert told["unavailable"] == ""
    slow = [one for one in told["statements"] if "pg_sleep" in one["query"]]
    assert [one["calls"] for one in slow] == [1]
    assert 300 <= slow[0]["mean_ms"] < 5000
    assert 0 < slow[0]["share"] <= 1
    assert all(one["mean_ms"] > 200 for one in told["statements"])
    cluster.execute("DROP EXTENSION pg_stat_statements")
    assert "CREATE EXTENSION" in report()["queries"]["unavailable"]


def test_dead_rows_are_told_until_they_are_vacuumed(planted, cluster, report):
    name = planted("TABLE", "zz_bloated", "AS SELECT generate_series(1, 5000) AS number")
    cluster.execute("DELETE FROM zz_bloated WHERE number % 2 = 0")
    cluster.execute("SELECT pg_stat_force_next_flush()")
    (told,) = [one for one in report()["bloat"] if one["table"] == name]
    assert (told["dead_rows"], told["vacuumed"]) == (2500, None)
    cluster.execute("VACUUM zz_bloated")
    assert name not in {one["table"] for one in report()["bloat"]}


def test_without_a_database_it_is_one_clear_line(run_refcmdb):
    done = run_refcmdb(
        "optimize", database_url="postgresql://cmdb@/cmdb?host=/nowhere", check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("refcmdb: ")
    assert done.stderr.count("\n") == 1


def test_a_request_that_gets_no_connection_in_time_is_answered_503(start_server, faulty_database):
    environment = {"REFCMDB_POOL_SIZE": "1", "REFCMDB_POOL_WAIT": "1"}
    with (
        start_server(environment=environment, database_url=faulty_database) as server,
        ThreadPoolExecutor() as threads,
        psycopg.connect(faulty_database) as holder,
    ):
        holder.execute("SELECT 1 FROM devices WHERE id = 1 FOR UPDATE")
        patch = threads.submit(server.as_("admin").patch, "/devices/1", {"comments": "late"})
        time.sleep(0.5)
        began = time.monotonic()
        refused = server.as_("viewer-red").get("/devices/2")
        waited_s = time.monotonic() - began
        holder.rollback()
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        request = f"request {refused.json()['request_id']}: 503, TimeoutError: "
        (line,) = [one for one in server.log.read_text().splitlines() if request in one]
        assert "in turnstile.py:" in line
        assert "Traceback" not in line
        assert 0.9 < waited_s < 10
        assert patch.result().status_code == 200
