"""Who gets a connection next, where more ask than there are."""

import asyncio
import random

import pytest

from refcmdb.services.turnstile import Turnstile

PATIENT_S = 30


def test_whoever_came_first_goes_first_however_often_it_comes_back():
    turnstile, ended = Turnstile(2), []

    async def request(number):
        for _ in range(1 if number % 2 else 5):
            async with turnstile.place(timeout_s=PATIENT_S):
                await asyncio.sleep(0.001)
        ended.append(number)

    async def scenario():
        await asyncio.gather(*map(request, range(40)))

    asyncio.run(scenario())
    # Two are inside at a time: the short ones overtake their neighbours, and nobody else.
    assert all(abs(place - number) <= 4 for place, number in enumerate(ended))


def test_no_more_are_inside_than_fit():
    turnstile, inside, most = Turnstile(3), 0, 0

    async def request():
        nonlocal inside, most
        async with turnstile.place(timeout_s=PATIENT_S):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001)
            inside -= 1

    async def scenario():
        await asyncio.gather(*(request() for _ in range(20)))

    asyncio.run(scenario())
    assert (most, inside, turnstile.waiting) == (3, 0, 0)


def test_whoever_waits_too_long_is_told_and_takes_nobodys_place():
    turnstile = Turnstile(1)

    async def late():
        with pytest.raises(TimeoutError):
            async with turnstile.place(timeout_s=0.01):
                pytest.fail("there is no place")

    async def scenario():
        async with turnstile.place(timeout_s=PATIENT_S):
            await asyncio.create_task(late())
        async with turnstile.place(timeout_s=0):
            assert turnstile.waiting == 0

    asyncio.run(scenario())


def test_no_place_is_lost_when_requests_are_cancelled_at_any_moment():
    turnstile, chance = Turnstile(2), random.Random(0)

    async def request():
        async with turnstile.place(timeout_s=PATIENT_S):
            await asyncio.sleep(chance.random() / 1000)

    async def scenario():
        tasks = [asyncio.create_task(request()) for _ in range(300)]
        for task in chance.sample(tasks, 200):
            await asyncio.sleep(chance.random() / 2000)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with turnstile.place(timeout_s=0), turnstile.place(timeout_s=0):
            assert turnstile.waiting == 0

    asyncio.run(scenario())
