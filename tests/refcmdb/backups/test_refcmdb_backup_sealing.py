"""What a backup hides, and what of it may be changed without being noticed: nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest
from clusters import KEYS, entries, refused, where

from refcmdb.services import backup
from refcmdb.services.backup import sealing
from refcmdb.services.encryption import KeyRing, new_key
from refcmdb.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_lies_there_in_clear(cluster, take, backups):
    secret = f"zq{os.urandom(12).hex()}"
    cluster.execute("UPDATE devices SET comments = %s WHERE id = 1", secret)
    cluster.attach(secret.encode() * 1000)
    take()
    content = b"".join(path.read_bytes() for path in backups.rglob("*") if path.is_file())
    assert len(content) > 100_000
    for clear in (secret.encode(), b"PG_VERSION", b"\x1f\x8b\x08\x00", b"devices_pkey"):
        assert clear not in content


@pytest.fixture(scope="module")
def kept(cluster, tmp_path_factory):
    """A directory with one full backup: what spoils it takes a copy."""
    directory = tmp_path_factory.mktemp("kept")
    backup.BackupService(Settings.from_environment(where(cluster, directory))).take()
    return directory


@pytest.fixture
def taken(kept, backups):
    """A full backup of one's own."""
    shutil.copytree(kept, backups, dirs_exist_ok=True)
    return backups / backup.newest(backups).id


@pytest.mark.parametrize("name", ["cluster.tar.gz", "attachments.tar.gz", "manifest"])
def test_a_flipped_byte_is_noticed_and_said_where(name, taken, refcmdb, tmp_path):
    path = taken / f"{name}.sealed"
    flip(path)
    target = tmp_path / "target"
    done = refcmdb("restore", "--into", str(target))
    assert refused(done, str(path), "damaged", "use another backup")
    assert refused(refcmdb("backup", "verify"), str(path), "damaged")
    assert entries(tmp_path) == ["backups"]


def test_a_forged_checksum_does_not_help_who_changed_a_file(taken, refcmdb, tmp_path):
    path = taken / "cluster.tar.gz.sealed"
    flip(path)
    record = json.loads((taken / "backup.json").read_text())
    record["files"][path.name]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (taken / "backup.json").write_text(json.dumps(record))
    done = refcmdb("restore", "--into", str(tmp_path / "target"))
    assert refused(done, str(path), "damaged in chunk")
    assert entries(tmp_path) == ["backups"]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_missing_file_is_named(taken, refcmdb, tmp_path):
    path = taken / "attachments.tar.gz.sealed"
    path.unlink()
    done = refcmdb("restore", "--into", str(tmp_path / "target"))
    assert refused(done, str(path), "cannot be read")


@pytest.mark.usefixtures("taken")
@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (f"two:{new_key()}", "no key 'one'"),
        (f"one:{new_key()}", "another key 'one'"),
        ("", "no key 'one'"),
    ],
    ids=["other-id", "other-key", "no-key"],
)
def test_a_wrong_key_is_said(keys, said, refcmdb, tmp_path):
    done = refcmdb("restore", "--into", str(tmp_path / "target"), REFCMDB_KEYS=keys)
    assert refused(done, said, "sealed")
    assert entries(tmp_path) == ["backups"]


@pytest.mark.usefixtures("taken")
def test_old_keys_open_what_they_sealed(take, refcmdb):
    keys = f"two:{new_key()},{KEYS}"
    take("incremental", REFCMDB_KEYS=keys)
    assert refcmdb("drill", REFCMDB_KEYS=keys).returncode == 0
    told = json.loads(refcmdb("keys", "status", REFCMDB_KEYS=keys).stdout)
    assert (told["current"], told["backups"]) == ("two", {"one": 1, "two": 1})


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
