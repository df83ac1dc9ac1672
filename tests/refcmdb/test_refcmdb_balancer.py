"""The balancer in front of real instances: TLS, the plain port, an instance that dies."""

from __future__ import annotations

import os
import signal
import socket
import ssl

import pytest
from balancing import Front, balancers, listens

from refcmdb.faults import catalogue

PLANTED = [e for e in catalogue.entries() if e["check"].startswith("CG-TLS-")]
FAULTS = [e["name"] for e in PLANTED if e["kind"] == "fault"]
TWINS = [e["name"] for e in PLANTED if e["kind"] == "twin"]


@pytest.fixture
def balance(tmp_path):
    """Starts the balancer before servers; what a test started ends with it."""
    with balancers(tmp_path) as start:
        yield start


def test_people_come_in_by_https(server, balance):
    answer = balance(server).get()
    assert answer.json()["status"] == "ok"
    assert "max-age=" in answer.headers["Strict-Transport-Security"]
    assert not {"Server", "Via"} & set(answer.headers)


def test_plain_http_leads_to_the_same_place_by_https(server, balance):
    front = balance(server)
    answer = front.get_in_clear("/api/v1/devices?limit=3")
    assert answer.status_code == 308
    place = f"https://127.0.0.1:{front.https}/api/v1/devices?limit=3"
    assert answer.headers["Location"] == place


def test_an_instance_that_dies_costs_no_request_that_may_be_sent_again(start_server, balance):
    with start_server() as first, start_server() as second:
        front = balance(first, second)
        assert front.get().ok
        os.kill(first.pid, signal.SIGKILL)
        assert [front.get().status_code for _ in range(20)] == [200] * 20


def test_a_missing_certificate_is_one_clear_line(run_refcmdb, tmp_path):
    done = run_refcmdb(
        *("balance", "--upstream", "127.0.0.1:1", "--key", str(tmp_path / "no.key")),
        *("--certificate", str(tmp_path / "no.pem")),
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("refcmdb: there is no file ")
    assert "Traceback" not in done.stderr


def handshake(front: Front, **options) -> str:
    """The version that was agreed on, or what went wrong."""
    context = ssl.create_default_context(cafile=front.authority)
    for name, value in options.items():
        context.set_ciphers(value) if name == "ciphers" else setattr(context, name, value)
    try:
        with (
            socket.create_connection(("127.0.0.1", front.https), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as tls,
        ):
            return tls.version()
    except (ssl.SSLError, OSError) as error:
        return str(error)


OLD = {
    "minimum_version": ssl.TLSVersion.TLSv1,
    "maximum_version": ssl.TLSVersion.TLSv1,
    "ciphers": "ALL:@SECLEVEL=0",
}
CBC = {"maximum_version": ssl.TLSVersion.TLSv1_2, "ciphers": "ECDHE-ECDSA-AES128-SHA"}


def violations(front: Front) -> set[str]:
    """What an attacker would like about the front, looked for without the gate."""
    seen = set()
    if handshake(front, **CBC) == "TLSv1.2":
        seen.add("tls-cbc-suites")
    if handshake(front, **OLD) == "TLSv1":
        seen.add("tls-old-versions")
    trust = handshake(front)
    if "self-signed" in trust:
        seen.add("tls-self-signed")
    if "unable to get local issuer" in trust:
        seen.add("tls-unknown-authority")
    if listens(front.http):
        api, page = (front.get_in_clear(path) for path in ("/api/v1/openapi.json", "/health"))
        if api.status_code == 200:
            seen.add("tls-http-served" if page.status_code == 200 else "tls-http-api-served")
        if page.headers.get("Location", "").startswith("http://"):
            seen.add("tls-redirect-to-http")
    return seen


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", FAULTS)
def test_fault_shows_and_nothing_else(name, server, balance):
    expected = {name}
    if name == "tls-old-versions":
        expected |= {"tls-cbc-suites"}  # there is nothing else in TLS 1.0
    seen = violations(balance(server, fault=name))
    assert seen - expected == set()
    assert name in seen


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", [*TWINS, ""])
def test_twin_and_the_sound_one_show_nothing(name, server, balance):
    assert violations(balance(server, fault=name)) == set()
