"""Connections that stay open: who gets which, and which are not used again."""

import asyncio
import time

import asyncpg
import pytest

from refcmdb.monitoring.slow_queries import SlowQueries
from refcmdb.services import pool
from refcmdb.services.database import Database, Statement
from refcmdb.settings import Settings

WHO = Statement("SELECT pg_backend_pid()", ())
PLANS = Statement("SHOW plan_cache_mode", ())
END = Statement("SELECT pg_terminate_backend($1::int)", ("pid",))
SLEEP = Statement("SELECT pg_sleep(30)", ())
NAP = Statement("SELECT pg_sleep(0.1)", ())


@pytest.fixture
def with_database(seeded_database):
    """Runs a coroutine with a database that is open."""

    def run(coroutine, **settings):
        async def scenario():
            database = Database(
                Settings(database_url=seeded_database, **settings), SlowQueries(60)
            )
            await database.open()
            try:
                return await coroutine(database)
            finally:
                await database.close()

        return asyncio.run(scenario())

    return run


async def backend_of(database, **kind):
    ((number,),) = await database.fetch(WHO, {}, **kind)
    return number


def test_each_kind_plans_in_its_own_way_and_keeps_its_connection(with_database):
    async def scenario(database):
        modes = [await database.fetch(PLANS, {}, steady=steady) for steady in (True, False)]
        used = [await backend_of(database, steady=steady) for steady in (True, False) * 3]
        return [mode for ((mode,),) in modes], used

    modes, used = with_database(scenario)
    assert modes == ["force_generic_plan", "force_custom_plan"]
    assert used == used[:2] * 3
    assert used[0] != used[1]


def test_one_that_the_server_ended_is_replaced(with_database):
    async def scenario(database):
        ended = await backend_of(database)
        await database.fetch(END, {"pid": ended}, steady=True)
        await asyncio.sleep(0.1)
        return ended, await backend_of(database)

    ended, other = with_database(scenario)
    assert ended != other


def test_one_that_ends_under_a_statement_is_replaced(with_database):
    async def scenario(database):
        ended = await backend_of(database)
        sleeping = asyncio.create_task(database.fetch(SLEEP, {}))
        await asyncio.sleep(0.1)
        await database.fetch(END, {"pid": ended}, steady=True)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await sleeping
        return ended, await backend_of(database)

    ended, other = with_database(scenario)
    assert ended != other


def test_who_is_stopped_amid_a_statement_leaves_a_connection_that_works(with_database):
    async def scenario(database):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), database.transaction() as session:
                await session.fetch(SLEEP, {})
        began = time.monotonic()
        await backend_of(database)
        return time.monotonic() - began, database.pool.used

    waited_s, used = with_database(scenario, pool_size=1)
    assert waited_s < 5
    assert used == 0


def test_what_was_silent_for_long_is_not_used_again(with_database, monkeypatch):
    monkeypatch.setattr(pool, "IDLE_S", 0)

    async def scenario(database):
        return [await backend_of(database) for _ in range(3)]

    assert len(set(with_database(scenario))) == 3


def test_those_left_over_from_busier_times_are_closed(with_database, monkeypatch):
    monkeypatch.setattr(pool, "IDLE_S", 0.2)

    async def scenario(database):
        await asyncio.gather(*(database.fetch(NAP, {}) for _ in range(4)))
        busy = len(database._pools[False]._open)
        for _ in range(10):
            await asyncio.sleep(0.05)
            last = await backend_of(database)
        return busy, len(database._pools[False]._open), last

    busy, left, last = with_database(scenario)
    assert (busy, left) == (4, 1)
    assert last


def test_who_is_stopped_leaves_nothing_to_those_that_come_after(with_database):
    async def scenario(database):
        stopped = await backend_of(database)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await database.fetch(SLEEP, {})
        return stopped, await backend_of(database)

    stopped, other = with_database(scenario)
    assert stopped != other


def test_health_waits_for_nobody_and_a_statement_ends_with_the_process(with_database):
    async def scenario(database):
        sleeping = asyncio.create_task(database.fetch(SLEEP, {}, steady=True))
        await asyncio.sleep(0.1)
        healthy = await database.ping()
        began = time.monotonic()
        await database.close()
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await sleeping
        return healthy, time.monotonic() - began

    healthy, took_s = with_database(scenario, pool_size=1)
    assert healthy
    assert took_s < 2
