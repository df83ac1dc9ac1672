"""Instances that die or are replaced behind each balancer, under requests that nobody may lose."""

from __future__ import annotations

import contextlib
import gzip
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from balancing import Front, balancers
from seeing import execute
from servers import free_port

CHECKS = {
    "caddy": ["caddy", "validate", "--config"],
    "haproxy": ["haproxy", "-c", "-f"],
    "nginx": ["nginx", "-t", "-e", "stderr", "-c"],
}
BESIDE = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
# Longer than a balancer takes to ask for the health, and to wait for the answer.
DRAIN_S = 5
BUSY = {"REFCMDB_RATE_LIMIT": "0"}
INSTALLED = [name for name in sorted(CHECKS) if shutil.which(name, path=BESIDE)]


@pytest.fixture(params=sorted(CHECKS))
def program(request):
    if request.param not in INSTALLED:
        pytest.skip(f"{request.param} is not installed here")
    return request.param


@pytest.fixture
def balance(tmp_path):
    with balancers(tmp_path) as start:
        yield start


class Users:
    """People who read and write without a pause, each on a connection of its own."""

    def __init__(
        self, front: Front, token: str, device_body, *, writing: bool, readers: int = 3
    ) -> None:
        self._front, self._device_body = front, device_body
        self._writing, self._readers = writing, readers
        self._headers = {"Authorization": f"Bearer {token}"}
        self._ended, self._lock = threading.Event(), threading.Lock()
        self.reads, self.created, self.failures = 0, [], []

    @contextlib.contextmanager
    def busy(self):
        threads = [threading.Thread(target=self._read) for _ in range(self._readers)]
        threads += [threading.Thread(target=self._write)] if self._writing else []
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()

    def _read(self) -> None:
        with self._session() as session:
            while not self._ended.is_set():
                self._note(session.get, "/api/v1/devices?limit=5", expected=200)
                self.reads += 1

    def _write(self) -> None:
        with self._session() as session:
            while not self._ended.is_set():
                body = self._device_body()
                self._note(session.post, "/api/v1/devices", expected=201, json=body)
                self.created.append(body["name"])
                time.sleep(0.02)

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.headers = self._headers
        return session

    def _note(self, send, path: str, *, expected: int, **options) -> None:
        try:
            url, authority = self._front.url(path), str(self._front.authority)
            try:
                answer = send(url, timeout=15, verify=authority, **options)
            except requests.exceptions.ChunkedEncodingError:
                if self._writing:
                    raise
                # Killed in mid-answer: no balancer can begin it again, but its client can.
                answer = send(url, timeout=15, verify=authority, **options)
            failure = "" if answer.status_code == expected else f"{answer.status_code} {path}"
        except requests.RequestException as error:
            failure = repr(error)
        if failure:
            with self._lock:
                self.failures.append(failure)


def test_its_own_program_accepts_the_configuration(program, balance, tmp_path):
    front = Front(free_port(), free_port(), tmp_path / "authority.pem")
    upstreams = ("127.0.0.1:8001", "127.0.0.1:8002")
    command = [*balance.command(front, *upstreams), "--program", program, "--print"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # What HAProxy wants in one file, `balance` puts there.
    pair = (tmp_path / "server.pem").read_bytes() + (tmp_path / "server.key").read_bytes()
    (tmp_path / "balancer.pem").write_bytes(pair)
    path = tmp_path / ("balancer.json" if program == "caddy" else "balancer.cfg")
    path.write_text(told)
    checker = [shutil.which(CHECKS[program][0], path=BESIDE), *CHECKS[program][1:], str(path)]
    done = subprocess.run(checker, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    path.write_text(told.replace("127.0.0.1:8001", "127.0.0.1:99999"))
    done = subprocess.run(checker, capture_output=True, text=True, check=False)
    assert program == "caddy" or done.returncode != 0  # Caddy dials it and finds out then


def test_people_come_in_by_https_only(program, server, balance):
    front = balance(server, program=program)
    answer = front.get()
    assert answer.json()["status"] == "ok"
    told = answer.headers.get("Server")
    assert (told, answer.headers.get("Via")) == ("nginx" if program == "nginx" else None, None)
    assert "Alt-Svc" not in answer.headers  # nobody answers on UDP
    moved = front.get_in_clear("/api/v1/devices?limit=3")
    assert moved.status_code == 308
    assert moved.headers["Location"] == front.url("/api/v1/devices?limit=3")


def test_while_nobody_answers_people_are_told_to_come_again(program, start_server, balance):
    with start_server() as server:
        front = balance(server, program=program)
        server.stop(signal.SIGKILL)
        answer = front.get()
    told = answer.headers["Retry-After"], answer.headers["Content-Type"]
    assert (answer.status_code, *told) == (503, "2", "application/problem+json")
    assert answer.json()["detail"] == "no instance answers"


@contextlib.contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]):
    """Something that answers in an instance's place."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as instance:
        threading.Thread(target=instance.serve_forever).start()
        instance.base = f"http://127.0.0.1:{instance.server_port}"
        try:
            yield instance
        finally:
            instance.shutdown()


class Dropping(http.server.BaseHTTPRequestHandler):
    """Healthy, and says nothing to what it is sent."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.close_connection = True

    def log_message(self, *_arguments) -> None:
        pass


def test_what_may_have_arrived_is_not_asked_for_again(program, balance):
    with serving(Dropping) as dropping:
        front = balance(dropping, program=program)
        url, authority = front.url("/api/v1/devices"), str(front.authority)
        answer = requests.post(url, json={}, verify=authority, timeout=10)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (502, None)


def test_an_instance_that_is_killed_costs_no_request_that_may_be_sent_again(
    program, start_server, balance, device_body
):
    with start_server(environment=BUSY) as first, start_server(environment=BUSY) as second:
        front = balance(first, second, program=program)
        users = Users(front, second.tokens["viewer-red"], device_body, writing=False)
        with users.busy():
            time.sleep(1)
            os.kill(first.pid, signal.SIGKILL)
            time.sleep(3)
    assert users.failures == []
    assert users.reads > 20


@pytest.mark.skipif(not INSTALLED, reason="no balancer is installed here")
def test_a_rolling_restart_costs_no_request_at_all(
    start_server, balance, device_body, faulty_database
):
    """Behind every balancer at once: nearly all of it is waiting."""
    environment = BUSY | {
        "REFCMDB_DRAIN": str(DRAIN_S),
        "REFCMDB_SECRET": "the same in all instances",
    }
    with contextlib.ExitStack() as stack:

        def start(port: int = 0):
            # Hundreds of new devices are nothing for the database of other tests.
            started = start_server(
                environment=environment, port=port, database_url=faulty_database
            )
            return stack.enter_context(started)

        servers = [start(), start()]
        token = servers[0].tokens["operator-red"]
        fronts = {program: balance(*servers, program=program) for program in INSTALLED}
        users = {
            program: Users(front, token, device_body, writing=True, readers=1)
            for program, front in fronts.items()
        }
        with contextlib.ExitStack() as busy:
            for each in users.values():
                busy.enter_context(each.busy())
            time.sleep(1)
            for server in servers:
                began = time.monotonic()
                os.kill(server.pid, signal.SIGTERM)
                assert wait_for_end(server) - began >= DRAIN_S
                start(urlsplit(server.base).port)
                time.sleep(DRAIN_S)  # until the balancer has noticed
        assert [f"{name}: {each.failures}" for name, each in users.items() if each.failures] == []
        stored = Counter(name for (name,) in execute(servers[1], "SELECT name FROM devices"))
        for each in users.values():
            assert len(each.created) > 20
            assert {stored[name] for name in each.created} == {1}


def wait_for_end(server) -> float:
    deadline = time.monotonic() + 30
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(server.pid, 0)
            time.sleep(0.02)
    return time.monotonic()


def test_what_was_begun_is_finished_while_the_health_sends_others_away(start_server, device_body):
    with start_server(environment={"REFCMDB_DRAIN": "3"}) as server:
        body = json.dumps(device_body()).encode()
        place = urlsplit(server.base)
        with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
            head = (
                f"POST /api/v1/devices HTTP/1.1\r\nHost: {place.netloc}\r\n"
                f"Authorization: Bearer {server.tokens['operator-red']}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            connection.sendall(head.encode() + body[:10])
            time.sleep(0.2)
            os.kill(server.pid, signal.SIGTERM)
            time.sleep(0.3)
            health = server.as_(None).get("//health")
            assert (health.status_code, health.json()["status"]) == (503, "draining")
            assert server.as_("viewer-red").get("/devices/1").status_code == 200
            connection.sendall(body[10:])
            assert connection.recv(100).startswith(b"HTTP/1.1 201 ")
        ended = wait_for_end(server)
        assert ended < time.monotonic() + 1


def test_who_could_connect_before_the_port_closed_is_answered(start_server):
    """A port that just closes resets some of the eight; nobody knows what became of theirs."""
    ends: Counter[str] = Counter()

    def ask_until_refused(place) -> None:
        while not ends["refused"]:
            try:
                connection = socket.create_connection((place.hostname, place.port), timeout=10)
            except ConnectionRefusedError:
                ends["refused"] += 1
                return
            with connection:
                try:
                    connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
                    ends["answered" if connection.recv(100) else "closed"] += 1
                except ConnectionResetError:
                    ends["reset"] += 1

    with start_server(environment={"REFCMDB_DRAIN": "1", "REFCMDB_RATE_LIMIT": "0"}) as server:
        people = [
            threading.Thread(target=ask_until_refused, args=[urlsplit(server.base)])
            for _ in range(8)
        ]
        for one in people:
            one.start()
        os.kill(server.pid, signal.SIGTERM)
        for one in people:
            one.join()
    assert ends["answered"] > 100
    assert (ends["reset"], ends["closed"]) == (0, 0)


def test_without_draining_sigterm_ends_it_at_once(start_server):
    with start_server() as server:
        began = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        assert wait_for_end(server) - began < 5


class Files(http.server.BaseHTTPRequestHandler):
    """An instance whose files nobody compressed."""

    protocol_version = "HTTP/1.1"
    script = b"console.log(1);" * 200

    def do_GET(self) -> None:
        kind = "text/javascript" if self.path.startswith("/app/assets/") else "application/json"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(self.script)))
        self.end_headers()
        self.wfile.write(self.script)

    def log_message(self, *_arguments) -> None:
        pass


def test_static_files_are_compressed_and_nothing_that_may_hold_a_secret(program, balance):
    with serving(Files) as instance:
        front = balance(instance, program=program)
        accepting = {"Accept-Encoding": "gzip"}
        script = front.get("/app/assets/main-1.js", headers=accepting, stream=True)
        assert script.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(script.raw.read()) == Files.script
        answer = front.get("/api/v1/devices", headers=accepting)
        assert "Content-Encoding" not in answer.headers
        assert answer.content == Files.script


@pytest.mark.parametrize("name", ["caddy", "haproxy", "nginx"])
def test_a_program_that_is_missing_is_one_clear_line(name, balance, tmp_path):
    front = Front(free_port(), free_port(), tmp_path / "authority.pem")
    command = [*balance.command(front, "127.0.0.1:1"), "--program", name]
    shim = "import sys; sys.executable = '/nowhere/python'; from refcmdb.__main__ import main; "
    done = subprocess.run(
        [sys.executable, "-c", f"{shim}sys.exit(main({command[3:]!r}))"],
        env={**os.environ, "PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"refcmdb: PATH holds no {name}; ")
    assert done.stderr.count("\n") == 1
