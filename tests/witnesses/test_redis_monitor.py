import contextlib

import pytest
import redis
from test_redis_witness import redis_url  # noqa: F401 - the same server's fixture

from pytest_cmdbguard.errors import ServiceError, ServiceMissing
from pytest_cmdbguard.witnesses.redis_monitor import RedisMonitor


@pytest.fixture
def monitor(redis_url):  # noqa: F811 - that fixture
    monitor = RedisMonitor(f"{redis_url}?db=3")
    yield monitor
    monitor.close()


def test_commands_are_heard_argument_by_argument(monitor, redis_url):  # noqa: F811
    with redis.Redis.from_url(f"{redis_url}?db=3") as client, monitor.listening() as heard:
        client.set('a "b" \\ c', b"1\r\n\xff")
    assert ("SET", 'a "b" \\ c', "1\r\n\xff") in [c.arguments for c in heard]


def test_other_databases_and_what_came_before_are_not_heard(monitor, redis_url):  # noqa: F811
    with redis.Redis.from_url(redis_url) as other:
        with redis.Redis.from_url(f"{redis_url}?db=3") as client:
            client.set("before", 1)
        with monitor.listening() as heard:
            other.set("elsewhere", 1)
    assert [c for c in heard if c.name == "SET"] == []


def test_a_block_that_fails_leaves_no_listener(monitor, redis_url):  # noqa: F811
    with contextlib.suppress(ValueError), monitor.listening():
        raise ValueError
    with redis.Redis.from_url(redis_url) as client:
        assert not any("O" in one["flags"] for one in client.client_list())


def test_a_server_that_is_not_there_is_one_clear_error():
    with pytest.raises(ServiceError, match="no witness can connect"):
        RedisMonitor("redis://127.0.0.1:1/0")


def test_a_user_who_may_not_listen_is_told_so(redis_url):  # noqa: F811
    with redis.Redis.from_url(redis_url) as client:
        client.acl_setuser("deaf", enabled=True, nopass=True, commands=["+@all", "-monitor"])
        try:
            with pytest.raises(ServiceMissing, match="MONITOR"):
                RedisMonitor(f"{redis_url}?username=deaf&password=any")
        finally:
            client.acl_deluser("deaf")
