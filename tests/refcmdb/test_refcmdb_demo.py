"""`python -m refcmdb demo` starts everything, says who may come in, and leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
import requests


def demo(directory, port):
    command = [sys.executable, "-m", "refcmdb", "demo", "--devices", "100", "--port", str(port)]
    environment = os.environ | {"TMPDIR": str(directory)}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def listening():
    """Somebody at a port of 127.0.0.1."""
    return socket.create_server(("127.0.0.1", 0))


@pytest.fixture
def directory():
    """With a short path, as sockets must have one."""
    with tempfile.TemporaryDirectory(prefix="d") as path:
        yield Path(path)


def test_demo_starts_everything_and_removes_it(directory):
    with listening() as probe:
        free = probe.getsockname()[1]
    process = demo(directory, free)
    told = ""
    for line in process.stdout:
        told += line
        if line.startswith("Ctrl-C"):
            break
    children = psutil.Process(process.pid).children(recursive=True)
    base = f"http://127.0.0.1:{free}"
    assert base in told
    passwords = dict(re.findall(r"^  (\S+) +(\S+)$", told, re.MULTILINE))
    with requests.Session() as browser:
        form = {"username": "admin", "password": passwords["admin"]}
        done = browser.post(f"{base}/login", data=form, allow_redirects=False, timeout=15)
        assert done.status_code == 303
        devices = browser.get(f"{base}/api/v1/devices?limit=1000", timeout=15).json()["items"]
        assert len(devices) == 100
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert {child.name() for child in children if child.is_running()} == set()
    assert list(directory.iterdir()) == []


def test_port_that_is_taken_is_told_before_anything_starts(tmp_path):
    with listening() as other:
        port = other.getsockname()[1]
        process = demo(tmp_path, port)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 2
    assert f"--port {port} cannot be used" in told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []
