"""Alerts on real servers: what fires, and when it is over."""

from __future__ import annotations

import concurrent.futures
import contextlib

import psycopg
import pytest
from alarming import alert, alerting, deliveries, firing, until, valkey
from clusters import empty_record

from refcmdb.monitoring.alerts import Alert
from refcmdb.monitoring.rules import RULES
from refcmdb.services.backup import records

RULE = {rule.name: rule for rule in RULES}


def test_alert_waits_fires_and_ends_below_its_threshold():
    disk = Alert(RULE["disk"])  # above 0.9 for 60 s; over at 0.855

    def states(*values: float | None, every_s: float = 30.0) -> list[str]:
        seen = []
        for value in values:
            states.now_s += every_s
            disk.step(value, states.now_s)
            seen.append(disk.state)
        return seen

    states.now_s = 0.0
    assert states(0.9, 0.95, 0.95, 0.89) == ["quiet", "pending", "pending", "quiet"]
    assert states(0.95, 0.95, 0.95) == ["pending", "pending", "firing"]
    assert states(0.89, 0.86, 0.91, 0.85) == ["firing", "firing", "firing", "resolved"]
    assert states(0.95, None) == ["pending", "quiet"]


def test_cache_that_goes_away_fires_and_is_over_when_it_is_back(
    start_server, receiver, run_directory
):
    rules = {"REFCMDB_ALERT_RULES": "cache=0.5:1"}
    url = f"unix://{run_directory}/alerts.sock"
    with contextlib.ExitStack() as stack:
        with valkey(run_directory):
            server = stack.enter_context(
                start_server(redis_url=url, environment=alerting(receiver, **rules))
            )
            admin = server.as_("admin")
            assert alert(admin, "cache")["state"] == "quiet"
        until(lambda: alert(admin, "cache")["state"] == "pending", "not pending")
        until(lambda: alert(admin, "cache")["state"] == "firing", "not firing")
        with valkey(run_directory):
            until(lambda: alert(admin, "cache")["state"] == "resolved", "not resolved")
            until(lambda: len(receiver.requests) == 2, "the end is not told")
    assert [told["event"] for told in deliveries(receiver)] == ["alert.firing", "alert.resolved"]
    assert "alert cache: firing" in server.log.read_text()


def test_pool_without_a_connection_left_is_told(
    start_server, receiver, postgres, new_database, seeded
):
    rules = {"REFCMDB_ALERT_RULES": "pool=1:0", "REFCMDB_POOL_SIZE": "1"}
    url = new_database(template=seeded.database)
    with start_server(database_url=url, environment=alerting(receiver, **rules)) as server:
        red = server.as_("operator-red")
        with (
            psycopg.connect(postgres.url(server.database, user="postgres")) as blocking,
            concurrent.futures.ThreadPoolExecutor(3) as pool,
        ):
            blocking.execute("LOCK TABLE api_tokens")
            waiting = [pool.submit(red.get, "/sites") for _ in range(3)]
            until(lambda: receiver.requests, "nobody is told")
            assert not any(request.done() for request in waiting)
            blocking.rollback()
        assert [request.result().status_code for request in waiting] == [200] * 3
    assert deliveries(receiver)[0]["alert"]["name"] == "pool"


def test_backup_age_is_that_of_the_last_whole_backup(start_server, tmp_path):
    note_backup(tmp_path / "1", age_s=0)
    with start_server(environment=alerting(REFCMDB_BACKUPS=str(tmp_path))) as server:
        admin = server.as_("admin")
        assert alert(admin, "backup")["state"] == "quiet"
        note_backup(tmp_path / "1", age_s=100_000)
        (tmp_path / ".unfinished-2").mkdir()
        (tmp_path / ".unfinished-2" / "cluster.tar.gz.sealed").write_bytes(b"x")
        until(lambda: alert(admin, "backup")["state"] == "firing", "an old backup")
        assert alert(admin, "backup")["value"] == pytest.approx(100_000, abs=60)
        note_backup(tmp_path / "2", age_s=0)
        until(lambda: alert(admin, "backup")["state"] == "resolved", "a new backup")


def note_backup(directory, *, age_s):
    directory.mkdir(exist_ok=True)
    records.write(directory / records.NAME, empty_record(directory.name, age_s=age_s))


def test_backups_that_were_never_taken_fire(start_server, tmp_path):
    with start_server(environment=alerting(REFCMDB_BACKUPS=str(tmp_path))) as server:
        admin = server.as_("admin")
        found = until(lambda: firing(admin, "backup"), "no backup at all")
        assert found["value"] is None
        assert "refcmdb_backup_age_seconds +Inf\n" in admin.get("//metrics").text
