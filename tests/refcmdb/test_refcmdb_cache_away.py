"""The cache while Redis is away and when it is back, and what many ask for at the same time."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from refcmdb.infrastructure import embedded
from refcmdb.services import cache as caches
from refcmdb.services.cache import CacheManager
from refcmdb.services.cache.local import LocalAnswers
from refcmdb.services.cache.shared import SharedAnswers

REDIS_AWAY = "unix:///nowhere/redis.sock"


class Valkey:
    """One that remembers what it held when it was killed."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "valkey.sock"
        options = ["--port", "0", "--unixsocket", self.socket, "--dir", directory]
        remembering = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        self._command = [embedded.valkey_program(), *options, *remembering]
        self.url = f"unix://{self.socket}"

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self.socket.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.socket.unlink(missing_ok=True)


@pytest.fixture
def valkey():
    with TemporaryDirectory(prefix="vk") as directory:
        server = Valkey(Path(directory))
        server.start()
        yield server
        server.kill()


@pytest.fixture
def scenario(redis_socket, unique):
    """Runs a coroutine with two caches on one Redis, as two instances have them."""

    def run(coroutine) -> object:
        async def with_caches() -> object:
            url = f"unix://{redis_socket}?db=996"
            first, second = CacheManager(url, ttl_s=60), CacheManager(url, ttl_s=60)
            try:
                return await coroutine(first, second, unique("key:"), unique("tag:"))
            finally:
                await first.close()
                await second.close()

        return asyncio.run(with_caches())

    return run


def computing(*, body: bytes = b"body", seconds: float = 0.1):
    """A computation that takes its time, and how often it began."""
    begun = []

    async def compute() -> bytes:
        begun.append(time.monotonic())
        await asyncio.sleep(seconds)
        return body

    return compute, begun


def test_redis_killed_and_restarted_under_requests_costs_nothing_but_time(
    valkey, start_server, device_body
):
    with (
        start_server(redis_url=valkey.url) as first,
        start_server(redis_url=valkey.url) as second,
    ):
        created = first.as_("operator-red").post("/devices", device_body()).json()
        path = f"/devices/{created['id']}"
        wrong, reads = [], []
        ended = threading.Event()

        def write_and_read() -> None:
            number = 0
            while not ended.is_set():
                number += 1
                written = second.as_("operator-red").patch(path, {"comments": str(number)})
                answers = [
                    server.as_("viewer-red").get(path)
                    for server in (first, second)
                    for _ in range(2)
                ]
                reads.extend(answers)
                seen = [answer.json().get("comments") for answer in answers]
                if written.status_code != 200 or seen != [str(number)] * 4:
                    wrong.append((number, written.status_code, seen))

        thread = threading.Thread(target=write_and_read)
        thread.start()
        for pause_s in (0.7, 1.0):
            time.sleep(pause_s)
            valkey.kill()
            time.sleep(pause_s)
            valkey.start()
        time.sleep(0.7)
        ended.set()
        thread.join()
        assert wrong == []
        assert len(reads) > 20
        again = [server.as_("viewer-red").get(path) for server in (first, second) * 2]
        assert [answer.headers["X-Cache"] for answer in again[2:]] == ["hit", "hit"]
        for server in (first, second):
            log = server.log.read_text()
            assert log.count("cache is away") == log.count("cache is back") == 2


@pytest.fixture
def apart(valkey):
    """Runs a coroutine with two caches on the Redis that may be killed."""

    def run(coroutine) -> None:
        async def with_caches() -> None:
            first, second = CacheManager(valkey.url, ttl_s=60), CacheManager(valkey.url, ttl_s=60)
            try:
                await coroutine(first, second)
            finally:
                await first.close()
                await second.close()

        asyncio.run(with_caches())

    return run


async def kept(cache, body: bytes) -> None:
    lookup = await cache.lookup("key:a", ["tag:a"])
    assert lookup.body is None
    assert await cache.store(lookup, body)


def test_who_slept_through_a_restart_is_served_nothing_from_before(apart, valkey):
    async def steps(first: CacheManager, second: CacheManager) -> None:
        await kept(first, b"old")
        valkey.kill()
        await second.invalidate(["tag:a"])
        valkey.start()
        assert (await first.lookup("key:a", ["tag:a"])).body is None

    apart(steps)


def test_only_tags_that_nobody_asked_for_get_a_version(valkey):
    async def looked_up(answers: SharedAnswers, tags: list[str]) -> tuple[int, bytes]:
        await answers.client.config_resetstat()
        versions = (await answers.lookup("key", tags)).versions
        said = await answers.client.info("commandstats")
        return said.get("cmdstat_set", {"calls": 0})["calls"], versions

    async def steps() -> list[tuple[int, bytes]]:
        answers = SharedAnswers(valkey.url, ttl_s=60)
        found = [await looked_up(answers, tags) for tags in (["a"], ["a", "b"], ["a", "b"])]
        await answers.client.aclose()
        return found

    (_, one), (written, both), (again, same) = asyncio.run(steps())
    assert (written, again) == (1, 0)
    # A version that is there stays: what lies under it is served on.
    assert both.startswith(one)
    assert same == both


def test_a_write_is_told_as_soon_as_redis_is_back(apart, valkey):
    async def steps(first: CacheManager, second: CacheManager) -> None:
        await second.lookup("key:a", ["tag:a"])
        valkey.kill()
        await second.invalidate(["tag:b"])
        assert second.health()["state"] == "local"
        valkey.start()
        await kept(first, b"old")
        await second.invalidate(["tag:a"])
        assert second.health()["state"] == "shared"
        assert (await first.lookup("key:a", ["tag:a"])).body is None

    apart(steps)


def test_without_redis_answers_are_kept_here_until_anybody_writes(start_server, device_body):
    with (
        start_server(redis_url=REDIS_AWAY) as first,
        start_server(redis_url=REDIS_AWAY) as second,
    ):
        path = (
            f"/devices/{second.as_('operator-red').post('/devices', device_body()).json()['id']}"
        )
        reader = first.as_("viewer-red")
        assert "hit" in {reader.get(path).headers["X-Cache"] for _ in range(5)}
        second.as_("operator-red").patch(path, {"comments": "by another instance"})
        assert reader.get(path).json()["comments"] == "by another instance"
        health = reader.get("//health")
        assert (health.status_code, health.json()["status"]) == (200, "degraded")
        assert first.as_("viewer-blue").get(path).status_code == 404
        assert first.log.read_text().count("cache is away") == 1


def test_what_redis_still_holds_when_it_is_back_is_not_served(valkey):
    async def play() -> list[bytes]:
        writer, reader = (CacheManager(valkey.url, ttl_s=60) for _ in range(2))
        old, new = computing(body=b"old")[0], computing(body=b"new")[0]
        seen = [(await reader.answer("key", ["tag"], old))[0]]
        valkey.kill()
        await writer.invalidate(["tag"])  # Redis does not hear of it
        seen.append((await reader.answer("key", ["tag"], new))[0])
        valkey.start()
        await asyncio.wait_for(writer._recovery, 10)
        seen.append((await reader.answer("key", ["tag"], new))[0])
        await writer.close()
        await reader.close()
        return seen

    assert asyncio.run(play()) == [b"old", b"new", b"new"]


def test_what_many_ask_for_is_computed_once(scenario):
    async def play(first, second, key, tag):
        compute, begun = computing()
        asked = [cache.answer(key, [tag], compute) for cache in (first, second) for _ in range(20)]
        answers = await asyncio.gather(*asked)
        shared = [cache.statistics()["key"].shared for cache in (first, second)]
        return len(begun), {body for body, _ in answers}, sum(shared)

    # 19 waited for the first one in each process, and one process for the other.
    assert scenario(play) == (1, {b"body"}, 39)


def test_who_asks_after_a_write_does_not_get_what_was_begun_before(scenario):
    async def play(first, second, key, tag):
        begun = asyncio.Event()

        async def compute() -> bytes:
            begun.set()
            await asyncio.sleep(0.1)
            return b"before"

        before = asyncio.create_task(first.answer(key, [tag], compute))
        await begun.wait()
        await second.invalidate([tag])
        after = await first.answer(key, [tag], computing(body=b"after", seconds=0)[0])
        assert (await before)[0] == b"before"
        # It may have to be computed once more, but is never what was begun before.
        again = await first.answer(key, [tag], computing(body=b"after", seconds=0)[0])
        return after[0], again[0], (await first.lookup(key, [tag])).body

    assert scenario(play) == (b"after",) * 3


def test_who_goes_away_does_not_take_the_answer_along(scenario):
    async def play(first, _second, key, tag):
        compute, begun = computing()
        leader = asyncio.create_task(first.answer(key, [tag], compute))
        await asyncio.sleep(0.03)
        follower = asyncio.create_task(first.answer(key, [tag], compute))
        await asyncio.sleep(0.03)
        leader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leader
        return (await follower)[0], len(begun)

    assert scenario(play) == (b"body", 1)


def test_an_error_reaches_all_who_asked_and_is_not_kept(scenario):
    async def play(first, second, key, tag):
        async def fails() -> bytes:
            await asyncio.sleep(0.05)
            raise LookupError(key)

        asked = [cache.answer(key, [tag], fails) for cache in (first, first, second)]
        kinds = {type(one) for one in await asyncio.gather(*asked, return_exceptions=True)}
        return kinds, (await second.answer(key, [tag], computing(seconds=0)[0]))[0]

    assert scenario(play) == ({LookupError}, b"body")


def test_who_failed_gives_up_its_own_lock_and_no_other(scenario):
    async def play(first, second, key, tag):
        old = await first.lookup(key, [tag], within_s=5)
        await second.invalidate([tag])
        new = await second.lookup(key, [tag], within_s=5)
        await first._shared.unlock(old)
        others = await first.lookup(key, [tag], within_s=5)
        await second._shared.unlock(new)
        again = await first.lookup(key, [tag], within_s=5)
        return [one.trusted for one in (old, new, others, again)]

    assert scenario(play) == [True, True, False, True]


def test_nobody_waits_for_ever_for_an_instance_that_died(scenario, monkeypatch):
    async def play(first, second, key, tag):
        assert (await first.lookup(key, [tag], within_s=0.3)).trusted
        began = time.monotonic()
        answer = await second.answer(key, [tag], computing(seconds=0)[0])
        return answer[0], time.monotonic() - began

    monkeypatch.setattr(caches, "LOCK_S", 0.3)
    body, waited_s = scenario(play)
    assert body == b"body"
    assert 0.3 <= waited_s < 2


def test_lifetimes_differ_and_what_is_too_large_is_not_kept(scenario):
    async def play(first, _second, key, tag):
        lifetimes = []
        for number in range(20):
            name = f"{key}:{number}"
            await first.answer(name, [tag], computing(seconds=0)[0])
            lifetimes.append(await first._redis.pttl(f"refcmdb:{name}"))
        large = computing(body=bytes(caches.LARGEST_BYTES + 1), seconds=0)[0]
        hits = [(await first.answer(f"{key}:large", [tag], large))[1] for _ in range(2)]
        return lifetimes, hits, first.statistics()["key"]

    lifetimes, hits, counts = scenario(play)
    assert max(lifetimes) <= 60_000
    assert min(lifetimes) > 53_000
    assert max(lifetimes) - min(lifetimes) > 500
    assert hits == [False, False]
    assert (counts.hits, counts.misses, counts.stores, counts.too_large) == (0, 22, 20, 2)
    assert counts.hit_ratio == 0


def test_statistics_are_told_by_namespace(scenario):
    async def play(first, _second, key, tag):
        compute = computing(seconds=0)[0]
        for name in ("one:a", "one:a", "one:a", "two:a"):
            await first.answer(f"{name}:{key}", [tag], compute)
        return {name: (one.hits, one.misses) for name, one in first.statistics().items()}

    assert scenario(play) == {"one": (2, 1), "two": (0, 1)}


def test_local_answers_stay_within_their_bounds():
    answers = LocalAnswers(most_bytes=100, most_entries=4)
    for name in "abcd":
        assert answers.put(name, b"1", bytes(20)) == []
    assert answers.get("a", b"1") == bytes(20)
    assert answers.put("e", b"1", bytes(20)) == ["b"]
    assert answers.put("f", b"1", bytes(90)) == ["c", "d", "a", "e"]
    assert (len(answers), answers.size_bytes) == (1, 90)
    assert answers.get("f", b"2") is None
