"""What is said of a Docker daemon that is slow, full or not there; none is needed for that."""

import contextlib
import socket
import threading

import docker
import pytest
import requests

from pytest_cmdbguard.errors import ServiceError, ServiceMissing, ServiceNotReady
from pytest_cmdbguard.services.containers import daemon


@pytest.fixture
def silent_daemon(tmp_path, monkeypatch):
    """A socket that takes every question and answers none."""
    path, kept, done = tmp_path / "docker.sock", [], threading.Event()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        listening.settimeout(0.05)

        def take():
            while not done.is_set():
                with contextlib.suppress(TimeoutError):
                    kept.append(listening.accept()[0])

        thread = threading.Thread(target=take)
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        yield
        done.set()
        thread.join()
    for one in kept:
        one.close()


@pytest.mark.usefixtures("silent_daemon")
def test_a_daemon_that_never_answers_is_given_up():
    with pytest.raises(ServiceMissing, match=r"no daemon answers here \(.*timed out.*embedded"):
        daemon.connect(1)


def test_a_daemon_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(ServiceMissing, match=r"no daemon answers here \(.*No such file"):
        daemon.connect(1)


@pytest.mark.parametrize(
    ("raised", "kind", "says"),
    [
        (
            docker.errors.APIError("500", explanation="write /x: no space left on device"),
            ServiceError,
            r"PostgreSQL: Docker says: write /x: no space left on device; make room",
        ),
        (
            docker.errors.APIError("409", explanation="name is in use"),
            ServiceError,
            "PostgreSQL: Docker says: name is in use$",
        ),
        (
            requests.ReadTimeout("Read timed out. (read timeout=7)"),
            ServiceNotReady,
            r"PostgreSQL: not ready after 7.0 s .*look at its load and disk",
        ),
        (
            requests.ConnectionError("Read timed out."),
            ServiceNotReady,
            r"PostgreSQL: not ready after .*look at its load and disk",
        ),
    ],
    ids=["full", "refused", "slow", "slow-stream"],
)
def test_what_docker_says_is_passed_on_in_one_line(raised, kind, says):
    with pytest.raises(kind, match=says), daemon.told("PostgreSQL"):
        raise raised
