"""Credentials and webhooks: secrets are sealed, shown to few, and keys can be changed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
import os
import subprocess
import sys
import time

import psycopg
import pytest

from refcmdb.services.addresses import Egress
from refcmdb.services.encryption import KeyProblem, KeyRing, new_key

URL = "https://hooks.example.com/cmdb"


@pytest.fixture
def credential(red, device_body, unique):
    """Makes a credential of red."""

    def make(**fields) -> dict:
        device = red.post("/devices", device_body()).json()["id"]
        body = {
            "device_id": device,
            "name": unique(),
            "username": "netadmin",
            "secret": "hush-hush",
        }
        made = red.post("/credentials", body | fields)
        assert made.status_code == 201, made.text
        return made.json()

    return make


@pytest.fixture
def webhook(red, unique):
    """Makes a webhook of red, which goes with the test: nobody else's devices are to be told."""
    numbers = []

    def make(url: str, **fields) -> dict:
        body = {"name": unique(), "url": url, "secret": "a-secret-for-signing"}
        made = red.post("/webhooks", body | fields)
        assert made.status_code == 201, made.text
        numbers.append(made.json()["id"])
        return made.json()

    yield make
    for number in numbers:
        red.delete(f"/webhooks/{number}")


def test_secret_is_shown_to_operators_of_the_tenant_only(server, credential):
    path = f"/credentials/{credential(snmp_community='sesame')['id']}"
    shown = server.as_("operator-red").get(f"{path}/secret")
    assert shown.json() == {
        "username": "netadmin",
        "secret": "hush-hush",
        "snmp_community": "sesame",
    }
    assert shown.headers["Cache-Control"] == "no-store, no-transform"
    assert server.as_("admin").get(f"{path}/secret").json() == shown.json()
    assert server.as_("viewer-red").get(f"{path}/secret").status_code == 403
    assert server.as_("operator-blue").get(f"{path}/secret").status_code == 404
    assert "hush-hush" not in server.as_("operator-red").get(path).text


def test_every_look_at_a_secret_is_in_the_change_log(red, admin, credential):
    number = credential()["id"]
    red.get(f"/credentials/{number}/secret")
    page = admin.get("/changes", object_type="credentials", object_id=number)
    assert [change["action"] for change in page.json()["items"]] == ["reveal", "create"]
    assert "hush-hush" not in page.text


def test_changed_secret_is_the_one_that_is_shown(red, credential):
    number = credential()["id"]
    assert red.patch(f"/credentials/{number}", {"secret": "new"}).status_code == 200
    assert red.get(f"/credentials/{number}/secret").json()["secret"] == "new"


def test_envelope_of_another_tenant_or_column_does_not_open(credential, red, seeded_database):
    number = credential(snmp_community="sesame")["id"]
    with psycopg.connect(seeded_database) as connection:
        connection.execute(
            "UPDATE credentials SET secret = snmp_community WHERE id = %s", (number,)
        )
    answer = red.get(f"/credentials/{number}/secret")
    assert answer.status_code == 503
    assert "sesame" not in answer.text


def test_without_keys_nothing_is_stored(start_server, device_body, unique):
    with start_server(environment={"REFCMDB_KEYS": ""}) as bare:
        client = bare.as_("operator-red")
        device = client.post("/devices", device_body()).json()["id"]
        body = {"device_id": device, "name": unique(), "username": "x", "secret": "hush"}
        answer = client.post("/credentials", body)
        assert answer.status_code == 503
        assert "key" in answer.json()["detail"]
        assert client.get("/credentials", device_id=device).json()["items"] == []


def keys(action: str, database_url: str, ring: str) -> subprocess.CompletedProcess:
    settings = {"REFCMDB_DATABASE_URL": database_url, "REFCMDB_KEYS": ring}
    command = [sys.executable, "-m", "refcmdb", "keys", action]
    return subprocess.run(
        command, env=os.environ | settings, capture_output=True, text=True, check=False
    )


@pytest.fixture
def many_secrets(new_database, seeded) -> tuple[str, str]:
    """A database with 3000 secrets, and the entry of the key that sealed them."""
    url, entry = new_database(template=seeded.database), f"old:{new_key()}"
    ring = KeyRing.parse(entry)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO credentials (tenant_id, device_id, name, username, secret)"
            " VALUES (1, 1, %s, 'netadmin', %s)",
            [
                (f"c{number}", ring.seal(f"s{number}", place="credentials.secret:1"))
                for number in range(3000)
            ],
        )
    return url, entry


def test_rotation_seals_every_secret_with_the_first_key(many_secrets):
    url, old = many_secrets
    new = f"new:{new_key()}"
    began = json.loads(keys("status", url, f"{new},{old}").stdout)
    assert began == {"current": "new", "secrets": {"new": 0, "old": 3000}, "unreadable": 0}
    done = keys("rotate", url, f"{new},{old}")
    assert done.stderr.startswith("refcmdb: sealed 3,000 secrets anew in ")
    assert json.loads(keys("status", url, new).stdout)["secrets"] == {"new": 3000}
    with psycopg.connect(url) as connection:
        (envelope,) = connection.execute(
            "SELECT secret FROM credentials WHERE name = 'c7'"
        ).fetchone()
    assert KeyRing.parse(new).open(envelope, place="credentials.secret:1") == "s7"


def test_rotation_that_was_ended_goes_on(many_secrets):
    url, old = many_secrets
    new = f"new:{new_key()}"
    ring = KeyRing.parse(new)
    with psycopg.connect(url) as connection:
        connection.execute(
            "UPDATE credentials SET secret = %s WHERE name = 'c7'",
            (ring.seal("s7", place="credentials.secret:1"),),
        )
    assert "2,999" in keys("rotate", url, f"{new},{old}").stderr
    assert "sealed 0 secrets" in keys("rotate", url, f"{new},{old}").stderr


def test_rotation_without_the_old_key_says_so_and_changes_nothing(many_secrets):
    url, old = many_secrets
    done = keys("rotate", url, f"new:{new_key()}")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "'old' is not configured" in done.stderr
    assert json.loads(keys("status", url, old).stdout)["secrets"] == {"old": 3000}


@pytest.mark.parametrize(
    ("ring", "problem"),
    [
        ("key", "needs entries"),
        ("K:AAAA", "needs entries"),
        ("k:no base64!", "not base64"),
        ("k:AAAA", "3 bytes instead of 32"),
        pytest.param(f"k:{new_key()},k:{new_key()}", "names a key twice", id="twice"),
        ("/no/such/file", "cannot be read"),
    ],
)
def test_keys_that_cannot_be_used_are_told(ring, problem, seeded_database):
    done = keys("status", seeded_database, ring)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "REFCMDB_KEYS" in done.stderr
    assert problem in done.stderr


def test_keys_come_from_a_file(tmp_path):
    path = tmp_path / "keys"
    path.write_text(f"new:{new_key()}\nold:{new_key()}\n")
    assert KeyRing.parse(str(path)).current == "new"


def test_changed_envelope_does_not_open():
    ring = KeyRing.parse(f"k:{new_key()}")
    envelope = bytearray(ring.seal("hush", place="a.b:1"))
    envelope[-1] ^= 1
    with pytest.raises(KeyProblem):
        ring.open(bytes(envelope), place="a.b:1")


def verified(received, secret: str) -> bool:
    moment, signature = received.headers["X-Refcmdb-Signature"].removeprefix("t=").split(",v1=")
    signed = f"{moment}.".encode() + received.body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return abs(time.time() - int(moment)) < 60 and hmac.compare_digest(signature, expected)


def test_tried_webhook_gets_a_signed_ping(red, webhook, receiver):
    number = webhook(f"{receiver.url}/hook")["id"]
    answer = red.post(f"/webhooks/{number}/test", None)
    assert answer.json() == {"outcome": "delivered", "status": 200, "problem": None}
    (received,) = receiver.requests
    assert (received.method, received.path) == ("POST", "/hook")
    assert verified(received, "a-secret-for-signing")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://0.0.0.0:{port}/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
    ],
)
def test_webhook_to_an_inner_address_is_refused(url, red, webhook, receiver):
    port = receiver.url.rpartition(":")[2]
    number = webhook(url.format(port=port))["id"]
    assert red.post(f"/webhooks/{number}/test", None).json()["outcome"] == "refused"
    assert receiver.requests == []


def test_redirect_of_a_webhook_is_a_failure(red, webhook, receiver):
    receiver.answer(307, Location=f"{receiver.url}/other")
    number = webhook(receiver.url)["id"]
    answer = red.post(f"/webhooks/{number}/test", None).json()
    assert (answer["outcome"], answer["status"]) == ("failed", 307)
    assert len(receiver.requests) == 1


def test_webhook_of_another_tenant_cannot_be_tried(blue, viewer, webhook):
    number = webhook(URL)["id"]
    assert blue.post(f"/webhooks/{number}/test", None).status_code == 404
    assert viewer.post(f"/webhooks/{number}/test", None).status_code == 403


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/",
        "http://user:pw@x/",
        "javascript:1",
        "http://",
        "http://x y/",
        "//x",
        "http:\\\\x",
    ],
)
def test_url_of_a_webhook_must_be_one(url, red, unique):
    body = {"name": unique(), "url": url, "secret": "a-secret-for-signing"}
    assert red.post("/webhooks", body).status_code == 422


def test_webhook_is_told_of_its_tenants_devices_again_until_it_answers(
    red, blue, webhook, receiver, device_body
):
    receiver.answer(500)
    receiver.answer(200)
    number = webhook(receiver.url, events="create")["id"]
    blue.post("/devices", device_body(site_id=2))
    made = red.post("/devices", device_body()).json()
    deadline = time.monotonic() + 10
    while len(receiver.requests) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    red.patch(f"/devices/{made['id']}", {"comments": "not told"})
    red.patch(f"/webhooks/{number}", {"enabled": False})
    bodies = [json.loads(received.body) for received in receiver.requests]
    assert [body["event"] for body in bodies] == ["create", "create"]
    assert all(item["id"] == made["id"] for body in bodies for item in body["items"])
    assert all(verified(received, "a-secret-for-signing") for received in receiver.requests)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("93.184.216.34", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("0.0.0.0", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("169.254.169.254", False),
        ("fd00::1", False),
        ("224.0.0.1", False),
        ("2606:2800:220:1::1", True),
    ],
)
def test_public_addresses_are_those_of_the_internet(address, allowed):
    assert Egress.parse("public").allows(ipaddress.ip_address(address)) is allowed


def test_named_networks_are_allowed_and_nothing_else():
    egress = Egress.parse("192.0.2.0/24,fd00::/8")
    assert egress.allows(ipaddress.ip_address("192.0.2.7"))
    assert egress.allows(ipaddress.ip_address("fd00::1"))
    assert not egress.allows(ipaddress.ip_address("93.184.216.34"))
    assert Egress.parse("none").is_off


@pytest.mark.parametrize("text", ["all", "192.0.2.1/24", "none,public", "10.0.0.0/99"])
def test_rule_for_webhooks_that_is_none_is_told(text, run_refcmdb, seeded_database, monkeypatch):
    monkeypatch.setenv("REFCMDB_WEBHOOK_ALLOW", text)
    done = run_refcmdb("serve", "--port", "0", database_url=seeded_database, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "REFCMDB_WEBHOOK_ALLOW" in done.stderr


def test_storage_that_cannot_be_written_is_told(run_refcmdb, seeded_database, monkeypatch):
    monkeypatch.setenv("REFCMDB_STORAGE", "/proc/no-such")
    done = run_refcmdb("serve", "--port", "0", database_url=seeded_database, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "REFCMDB_STORAGE" in done.stderr


def test_key_is_32_bytes(run_refcmdb):
    assert len(base64.b64decode(run_refcmdb("keys", "new").stdout)) == 32
