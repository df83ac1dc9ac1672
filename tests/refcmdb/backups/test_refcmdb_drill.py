"""Drills measure, and tell what a backup lacks."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from refcmdb.services import backup
from refcmdb.services.backup.taking import Taking
from refcmdb.services.storage import Storage
from refcmdb.settings import Settings


def test_drill_measures_and_compares(cluster, take, refcmdb):
    cluster.attach(b"for the drill")
    take()
    time.sleep(1)
    done = refcmdb("drill")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["rows"] == sum(map(len, cluster.rows().values()))
    assert told["attachments"] == len(cluster.rows()["attachments"])
    assert (told["differing"], told["missing"], told["moving"]) == ([], [], [])
    assert 1 < told["rpo_s"] < 60
    assert 0 < told["restore_s"] < told["rto_s"] < 60
    assert list(Path(tempfile.gettempdir()).glob("refcmdb-*/restored")) == []


def test_drill_tells_a_table_that_lacks_rows_and_a_file_that_is_gone(
    cluster, take, refcmdb, backups
):
    stored = cluster.attach(b"soon gone")
    Storage(cluster.storage).remove(stored)
    path = backups / take()["id"] / "backup.json"
    record = json.loads(path.read_text())
    record["tables"]["devices"]["rows"] += 1
    path.write_text(json.dumps(record))
    done = refcmdb("drill")
    told = json.loads(done.stdout)
    cluster.execute("DELETE FROM attachments WHERE stored = %s", stored)
    assert done.returncode == 1
    assert (told["differing"], told["missing"]) == (["devices"], [stored])


def test_what_is_written_meanwhile_is_told_and_belongs_to_it(cluster, environment, monkeypatch):
    production, stored = Taking._cluster, []

    def busy(taking, draft, parent):
        stored.append(cluster.attach(b"just in time"))
        production(taking, draft, parent)

    monkeypatch.setattr(Taking, "_cluster", busy)
    service = backup.BackupService(Settings.from_environment(environment))
    record = service.take()
    drill = service.drill(None)
    assert record.moving == ["attachments"]
    assert drill.passed
    assert drill.attachments == len(cluster.rows()["attachments"])
    assert stored
