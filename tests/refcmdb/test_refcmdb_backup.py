"""Backups of a real cluster: taken, damaged, lost, restored, drilled."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from clusters import new_cluster

from refcmdb.services import backup
from refcmdb.services.backup import records, sealing
from refcmdb.services.backup.records import Record
from refcmdb.services.backup.taking import Taking
from refcmdb.services.encryption import KeyRing, new_key
from refcmdb.services.storage import Storage
from refcmdb.settings import Settings

KEYS = f"one:{new_key()}"


@pytest.fixture(scope="module")
def cluster(run_refcmdb):
    with new_cluster("summarize_wal = on") as lost:
        run_refcmdb("migrate", database_url=lost.url)
        run_refcmdb("seed", "--devices", "100", database_url=lost.url)
        yield lost


@pytest.fixture
def backups(tmp_path):
    directory = tmp_path / "backups"
    directory.mkdir()
    return directory


@pytest.fixture
def environment(cluster, backups):
    return {
        "REFCMDB_DATABASE_URL": cluster.url,
        "REFCMDB_STORAGE": str(cluster.storage),
        "REFCMDB_BACKUPS": str(backups),
        "REFCMDB_KEYS": KEYS,
    }


@pytest.fixture
def refcmdb(environment, cluster):
    """Runs a command to its end."""

    def run(*words: str, **changed: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "refcmdb", *words]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, env=os.environ | environment | changed, **options) as child:
            # The summarizer of an idle server naps for up to 30 s, and wakes up for this.
            while "incremental" in words and child.poll() is None:
                cluster.execute("SELECT pg_reload_conf()")
                time.sleep(0.2)
            told = child.communicate()
        return subprocess.CompletedProcess(command, child.returncode, *told)

    return run


@pytest.fixture
def take(refcmdb):
    """Takes a backup and gives its line."""

    def run(*words: str, **changed: str) -> dict:
        done = refcmdb("backup", *words, **changed)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def refused(done: subprocess.CompletedProcess, *words: str) -> bool:
    """Whether a command said in one line what is wrong."""
    assert done.returncode in {1, 2}, done.stdout + done.stderr
    assert done.stderr.startswith("refcmdb: ")
    assert done.stderr.count("\n") == 1
    return all(word in done.stderr for word in words)


def entries(directory: Path) -> list[str]:
    """What lies in a directory, but for the lock."""
    return sorted(path.name for path in directory.iterdir() if path.name != ".lock")


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


def test_nothing_lies_there_in_clear(cluster, take, backups):
    secret = f"zq{os.urandom(12).hex()}"
    cluster.execute("UPDATE devices SET comments = %s WHERE id = 1", secret)
    cluster.attach(secret.encode() * 1000)
    take()
    content = b"".join(path.read_bytes() for path in backups.rglob("*") if path.is_file())
    assert len(content) > 100_000
    for clear in (secret.encode(), b"PG_VERSION", b"\x1f\x8b\x08\x00", b"devices_pkey"):
        assert clear not in content


@pytest.mark.parametrize("name", ["cluster.tar.gz", "attachments.tar.gz", "manifest"])
def test_a_flipped_byte_is_noticed_and_said_where(name, take, refcmdb, backups, tmp_path):
    line = take()
    path = backups / line["id"] / f"{name}.sealed"
    flip(path)
    target = tmp_path / "target"
    done = refcmdb("restore", "--into", str(target))
    assert refused(done, str(path), "damaged", "use another backup")
    assert refused(refcmdb("backup", "verify"), str(path), "damaged")
    assert entries(tmp_path) == ["backups"]


def test_a_forged_checksum_does_not_help_who_changed_a_file(take, refcmdb, backups, tmp_path):
    line = take()
    path = backups / line["id"] / "cluster.tar.gz.sealed"
    flip(path)
    record = json.loads((backups / line["id"] / "backup.json").read_text())
    record["files"][path.name]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (backups / line["id"] / "backup.json").write_text(json.dumps(record))
    done = refcmdb("restore", "--into", str(tmp_path / "target"))
    assert refused(done, str(path), "damaged in chunk")
    assert entries(tmp_path) == ["backups"]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_missing_file_is_named(take, refcmdb, backups, tmp_path):
    path = backups / take()["id"] / "attachments.tar.gz.sealed"
    path.unlink()
    done = refcmdb("restore", "--into", str(tmp_path / "target"))
    assert refused(done, str(path), "cannot be read")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (f"two:{new_key()}", "no key 'one'"),
        (f"one:{new_key()}", "another key 'one'"),
        ("", "no key 'one'"),
    ],
    ids=["other-id", "other-key", "no-key"],
)
def test_a_wrong_key_is_said(keys, said, take, refcmdb, tmp_path):
    take()
    done = refcmdb("restore", "--into", str(tmp_path / "target"), REFCMDB_KEYS=keys)
    assert refused(done, said, "sealed")
    assert entries(tmp_path) == ["backups"]


def test_old_keys_open_what_they_sealed(take, refcmdb):
    take()
    keys = f"two:{new_key()},{KEYS}"
    take("incremental", REFCMDB_KEYS=keys)
    assert refcmdb("drill", REFCMDB_KEYS=keys).returncode == 0


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
        env=os.environ | environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
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


def test_retention_keeps_what_others_need(take, backups):
    alone = {"REFCMDB_BACKUP_KEEP": "1", "REFCMDB_BACKUP_KEEP_DAYS": "1"}
    full, incremental = take(**alone), take("incremental", **alone)
    age(backups, days=3)
    second = take("incremental", **alone)
    assert entries(backups) == sorted(line["id"] for line in (full, incremental, second))
    age(backups, days=3)
    last = take(**alone)
    assert entries(backups) == [last["id"]]
    assert backup.newest(backups).id == last["id"]


def age(directory: Path, *, days: int) -> None:
    """As if all backups had been taken earlier."""
    for path in directory.glob("*/backup.json"):
        record = json.loads(path.read_text())
        earlier = dt.datetime.fromisoformat(record["ended"]) - dt.timedelta(days=days)
        path.write_text(json.dumps(record | {"ended": earlier.isoformat()}))


def made_up(name: str, *, days: float, parent: str | None = None) -> Record:
    ended = records.now() - dt.timedelta(days=days)
    return Record(
        id=name,
        kind="incremental" if parent else "full",
        parent=parent,
        began=ended,
        ended=ended,
        postgresql=18,
        files={},
        tables={},
        moving=[],
    )


@pytest.mark.parametrize(
    ("keep", "keep_days", "gone"),
    [
        (1, 1, "a b c"),  # e needs d
        (2, 1, "c"),  # b needs a
        (1, 6, "c"),
        (9, 1, ""),
        (1, 99, ""),
    ],
)
def test_surplus_is_neither_new_nor_young_nor_needed(keep, keep_days, gone):
    taken = [
        made_up("a", days=9),
        made_up("c", days=8),
        made_up("d", days=7),
        made_up("b", days=5, parent="a"),
        made_up("e", days=2, parent="d"),
    ]
    surplus = records.surplus(taken, keep=keep, keep_days=keep_days)
    assert sorted(record.id for record in surplus) == gone.split()


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


def test_a_sealed_file_opens_only_as_it_was_written(tmp_path):
    keys, path = KeyRing.parse(KEYS), tmp_path / "sealed"
    content = os.urandom(2 * sealing.CHUNK_BYTES + 5)
    with path.open("wb") as file:
        sealer = sealing.Sealer(file, keys, place="here")
        for start in range(0, len(content), 70_000):
            sealer.write(content[start : start + 70_000])
        sealer.finish()

    def read(place: str = "here") -> bytes:
        with path.open("rb") as file:
            return sealing.opened(file, keys, place=place).read()

    assert read() == content
    assert path.stat().st_size == sealer.size_bytes
    with pytest.raises(backup.BackupProblem, match="damaged in chunk 1"):
        read("elsewhere")
    whole, sealed = path.read_bytes(), sealing.CHUNK_BYTES + sealing.TAG_BYTES
    head = len(whole) - 2 * sealed - 5 - sealing.TAG_BYTES
    first, second = whole[head : head + sealed], whole[head + sealed : head + 2 * sealed]
    damaged = {
        "cut after a chunk": whole[: head + sealed],
        "cut within a chunk": whole[:-1],
        "cut after the head": whole[:head],
        "swapped": whole[:head] + second + first + whole[head + 2 * sealed :],
        "longer": whole + b"x",
        "salt": whole[: head - 1] + bytes([whole[head - 1] ^ 1]) + whole[head:],
    }
    for text in damaged.values():
        path.write_bytes(text)
        with pytest.raises(backup.BackupProblem, match="damaged"):
            read()
