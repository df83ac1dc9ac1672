import concurrent.futures
import functools
import os
import subprocess
import time
from pathlib import Path

import pytest

from pytest_cmdbguard.errors import ServiceMissing
from pytest_cmdbguard.services import cache
from pytest_cmdbguard.services.run_directory import RunDirectory
from pytest_cmdbguard.services.snapshots import KEPT, Snapshot


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty cache."""
    monkeypatch.setenv("CMDBGUARD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def data(tmp_path):
    """Something like a data directory."""
    directory = tmp_path / "data"
    (directory / "base").mkdir(parents=True)
    (directory / "base" / "1").write_bytes(b"rows" * 1000)
    (directory / "PG_VERSION").write_text("18")
    return directory


@pytest.fixture
def run():
    directory = RunDirectory.create()
    yield directory
    directory.remove()


@pytest.fixture
def snapshot_of(run):
    """Makes snapshots whose copies end with the run."""
    return functools.partial(Snapshot, run=run)


def content(directory):
    found = sorted(path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in found}


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("programs", ["as they are", "none"])
def test_what_was_saved_is_restored(data, tmp_path, monkeypatch, programs, snapshot_of):
    if programs == "none":
        monkeypatch.setenv("PATH", "/nowhere")
    assert snapshot_of("18.6", "toy").save(data) == ""
    assert snapshot_of("18.6", "toy").restore(tmp_path / "copy")
    assert content(tmp_path / "copy") == content(data)


@pytest.mark.usefixtures("place")
def test_nothing_is_copied_for_a_run_that_is_stopping(data, run, snapshot_of):
    snapshot_of("18.6").save(data)
    run.close()
    with pytest.raises(ServiceMissing, match="is being stopped"):
        snapshot_of("18.6").restore(run.path / "postgres")
    assert not (run.path / "postgres").exists()


@pytest.mark.usefixtures("place")
def test_a_copy_whose_target_went_with_the_run_is_not_made_anew(
    data, run, snapshot_of, tmp_path, monkeypatch
):
    """The program fails then, which is otherwise a reason to copy without it."""
    snapshot_of("18.6").save(data)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "cp").write_text("#!/bin/sh\n: > begun\nread line < go\nexit 1\n")
    (programs / "cp").chmod(0o755)
    os.mkfifo(tmp_path / "go")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        copying = pool.submit(snapshot_of("18.6").restore, run.path / "postgres")
        while not Path("begun").exists():
            time.sleep(0.01)
        run.close()
        run.remove()
        Path("go").write_text("\n")
        with pytest.raises(OSError, match="is being stopped"):
            copying.result()
    assert not run.path.exists()


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("facts", [("18.7", "toy"), ("18.6", "other"), ("18.6",), ("18", "6toy")])
def test_a_snapshot_of_something_else_is_not_restored(data, tmp_path, facts, snapshot_of):
    snapshot_of("18.6", "toy").save(data)
    assert not snapshot_of(*facts).restore(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("missing", ["data/base/1", "data/PG_VERSION", "facts.json"])
def test_a_partial_snapshot_is_discarded(data, tmp_path, missing, snapshot_of):
    snapshot = snapshot_of("18.6", "toy")
    snapshot.save(data)
    (snapshot.path / missing).unlink()
    assert not snapshot.restore(tmp_path / "copy")
    assert not snapshot.path.exists()


def test_only_those_used_last_are_kept(place, data, tmp_path, snapshot_of):
    for number in range(KEPT):
        snapshot = snapshot_of(str(number))
        snapshot.save(data)
        os.utime(snapshot.path, (number, number))
    assert snapshot_of("0").restore(tmp_path / "copy")
    snapshot_of("new").save(data)
    kept = {snapshot_of(name).name for name in ("0", "2", "new")}
    assert {path.name for path in place.glob("snapshot-*")} == kept


def test_one_that_is_in_use_is_not_deleted(place, data, snapshot_of):
    with snapshot_of("0").reserved():
        for number in range(KEPT + 1):
            snapshot = snapshot_of(str(number))
            snapshot.save(data)
            os.utime(snapshot.path, (number, number))
        snapshot_of("new").save(data)
    assert snapshot_of("0").path.is_dir()
    assert not snapshot_of("1").path.is_dir()
    assert place.is_dir()


def test_what_a_killed_run_had_half_saved_is_not_used_and_goes_away(
    place, data, tmp_path, snapshot_of
):
    snapshot = snapshot_of("18.6")
    draft = place / (cache.DRAFT + snapshot.name)
    (draft / "data").mkdir(parents=True)
    assert not snapshot.restore(tmp_path / "copy")
    assert snapshot.save(data) == ""
    assert not draft.exists()


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    """A cache on a file system of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    monkeypatch.setenv("CMDBGUARD_CACHE", str(disk))
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_told_and_leaves_nothing(small_disk, data, snapshot_of):
    Path(data, "big").write_bytes(bytes(3_000_000))
    assert "No space left" in snapshot_of("18.6").save(data)
    assert not [path for path in small_disk.iterdir() if not path.name.endswith(".lock")]
