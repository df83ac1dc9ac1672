"""A cluster, a directory of backups, and the commands that take and restore them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest
from clusters import new_cluster, where


@pytest.fixture(scope="session")
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
    return where(cluster, backups)


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
