"""The CPU witness on processes that compute for a known time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pytest_cmdbguard.witnesses.cpu import CpuWitness

# Half of the work in a thread, half in a child; says so when it is done, and waits.
WORKER = """
import subprocess, sys, threading, time
busy = "import time\\nwhile time.process_time() < 0.2: pass\\nprint('done', flush=True); input()"
def compute():
    while time.thread_time() < 0.2: pass
argv, pipe = [sys.executable, "-c", busy], subprocess.PIPE
child = subprocess.Popen(argv, stdin=pipe, stdout=pipe)
child.stdout.readline()
thread = threading.Thread(target=compute)
thread.start()
thread.join()
print("done", flush=True)
input()
child.communicate(b"\\n")
"""


@pytest.fixture
def worker():
    argv = [sys.executable, "-c", WORKER]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process
        if process.poll() is None:
            process.communicate(b"\n")


def test_threads_and_children_count(worker):
    witness = CpuWitness(worker.pid)
    assert 0.4 <= witness.seconds() < 2
    assert witness.peak_bytes() > 2 * 1024**2


def test_what_ended_or_is_unknown_counts_nothing(worker):
    worker.communicate(b"\n")
    assert CpuWitness(worker.pid).seconds() == 0
    assert not CpuWitness(None).sees
    assert CpuWitness(None).seconds() == 0
    assert CpuWitness(None).peak_bytes() is None
