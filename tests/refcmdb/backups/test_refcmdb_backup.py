"""Backups of a real cluster: taken, lost, restored."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from clusters import entries, refused

from refcmdb.services import backup
from refcmdb.services.storage import Storage


def test_a_cluster_that_was_dropped_comes_back_row_for_row(cluster, take, refcmdb):
    before = cluster.attach(b"on the full one")
    take()
    cluster.execute("UPDATE devices SET comments = 'changed later' WHERE id % 3 = 0")
    take("incremental")
    cluster.execute("DELETE FROM device_tags WHERE device_id % 2 = 0")
    later = cluster.attach(b"on the last one")
    line = take("incremental")
    rows = cluster.rows()
    assert line["rows"] == sum(map(len, rows.values()))

    cluster.stop()
    for data in cluster.directory.glob("data*"):
        shutil.rmtree(data)
    shutil.rmtree(cluster.storage)
    place = cluster.directory / f"data-{line['id']}"
    done = refcmdb("restore", "--into", str(place))
    assert done.returncode == 0, done.stderr
    assert f"postgres -D {place}/data\n" in done.stdout
    assert "empty  Redis" in done.stdout
    cluster.start(place / "data")

    assert cluster.rows() == rows
    stored = Storage(place / "files")
    assert stored.attachment(before).read_bytes() == b"on the full one"
    assert stored.attachment(later).read_bytes() == b"on the last one"
    assert entries(place) == ["data", "files"]
    (place / "files").rename(cluster.storage)


def test_an_earlier_backup_is_restored_by_its_id(cluster, take, refcmdb):
    first = take()
    cluster.execute("CREATE TABLE younger AS SELECT 1 AS one")
    take("incremental")
    cluster.execute("DROP TABLE younger")
    tables = {}
    for name in (first["id"], "newest"):
        chosen = [] if name == "newest" else ["--backup", name]
        result = refcmdb("drill", *chosen)
        assert result.returncode == 0, result.stderr
        tables[name] = json.loads(result.stdout)["tables"]
    assert tables["newest"] == tables[first["id"]] + 1


def test_two_at_once_are_one_and_a_clear_word(refcmdb, environment, backups):
    command = [sys.executable, "-m", "refcmdb", "backup"]
    with subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.PIPE) as first:
        wait_for(backups, ".unfinished-*")
        first.send_signal(signal.SIGSTOP)
        second = refcmdb("backup")
        first.send_signal(signal.SIGCONT)
        first.communicate(timeout=60)
    assert refused(second, "another backup or restore", str(backups))
    assert first.returncode == 0
    assert len(entries(backups)) == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["term", "kill"])
def test_one_that_is_stopped_leaves_no_backup(how, take, environment, backups):
    command = [sys.executable, "-m", "refcmdb", "backup"]
    with subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.PIPE) as first:
        wait_for(backups, ".unfinished-*/cluster*")
        first.send_signal(how)
        first.communicate(timeout=60)
    assert backup.newest(backups) is None
    if how == signal.SIGTERM:
        assert entries(backups) == []
    # What could not tidy up is tidied up by the next one.
    line = take()
    assert entries(backups) == [line["id"]]


def wait_for(directory: Path, pattern: str) -> None:
    deadline = time.monotonic() + 30
    while not list(directory.glob(pattern)):
        assert time.monotonic() < deadline, f"no {pattern}"
        time.sleep(0.005)


def on_a_small_disk(place: Path, words: list[str], environment: dict, *, megabytes: int):
    """Run a command with ``place`` on a disk of this size; then say what lies there."""
    mount = f'mount -t tmpfs -o size={megabytes}m none "$0" && cd "$0"'
    script = mount + ' && "$@"; status=$?; ls -A; exit $status'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, str(place)]
    return subprocess.run(
        [*command, sys.executable, "-m", "refcmdb", *words],
        env=os.environ | environment | {"PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )


def can_mount() -> bool:
    script = "mount -t tmpfs none /tmp"
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


small_disks = pytest.mark.skipif(not can_mount(), reason="no disk may be mounted here")


@small_disks
def test_a_full_disk_leaves_no_half_backup(environment, backups):
    done = on_a_small_disk(backups, ["backup"], environment, megabytes=1)
    assert refused(done, "No space left on device")
    assert done.stdout.split() == [".lock"]


@small_disks
def test_a_full_disk_leaves_no_half_cluster(take, environment, tmp_path):
    take()
    place = tmp_path / "small"
    place.mkdir()
    words = ["restore", "--into", str(place / "target")]
    done = on_a_small_disk(place, words, environment, megabytes=20)
    assert refused(done, "No space left on device")
    assert done.stdout == ""


def test_only_an_empty_place_is_restored_into(take, refcmdb, tmp_path):
    take()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "precious").touch()
    assert refused(refcmdb("restore", "--into", str(tmp_path / "full")), "is not empty")
    assert entries(tmp_path / "full") == ["precious"]
    missing = tmp_path / "no" / "where"
    assert refused(refcmdb("restore", "--into", str(missing)), "there is no directory")
    (tmp_path / "empty").mkdir()
    assert refcmdb("restore", "--into", str(tmp_path / "empty")).returncode == 0
    assert entries(tmp_path / "empty") == ["data", "files"]


def test_mistakes_are_one_clear_line(refcmdb, backups):
    assert refused(refcmdb("backup", REFCMDB_BACKUPS=""), "REFCMDB_BACKUPS is not set")
    assert refused(refcmdb("backup", REFCMDB_KEYS=""), "set REFCMDB_KEYS")
    assert refused(refcmdb("backup", REFCMDB_BACKUPS="/proc/no"), "cannot be written")
    assert refused(refcmdb("backup", "incremental"), "there is no backup")
    assert refused(refcmdb("restore", "--into", "/tmp/never"), "there is no backup")
    away = refcmdb("backup", REFCMDB_DATABASE_URL="postgresql://cmdb@/cmdb?host=/nowhere")
    assert refused(away, "/nowhere")
    assert entries(backups) == []


def test_a_role_that_may_not_is_told_what_it_needs(cluster, refcmdb, backups):
    cluster.execute("CREATE ROLE weak LOGIN; GRANT pg_read_all_data TO weak")
    done = refcmdb("backup", REFCMDB_DATABASE_URL=cluster.url.replace("cmdb@", "weak@"))
    cluster.execute("DROP OWNED BY weak; DROP ROLE weak")
    assert refused(done, "REPLICATION")
    assert entries(backups) == []


def test_without_summaries_no_incremental_backup(cluster, take, refcmdb, backups):
    line = take()
    cluster.execute("ALTER SYSTEM SET summarize_wal = off")
    cluster.execute("SELECT pg_reload_conf()")
    time.sleep(0.2)
    done = refcmdb("backup", "incremental")
    cluster.execute("ALTER SYSTEM RESET summarize_wal")
    cluster.execute("SELECT pg_reload_conf()")
    assert refused(done, "set summarize_wal = on")
    assert entries(backups) == [line["id"]]
