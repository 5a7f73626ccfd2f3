"""A bell is waited for without losing a ring."""

import asyncio

from streaming.bell import Bell
from tests.clock import FakeClock, rest


async def test_a_ring_before_the_wait_counts() -> None:
    bell = Bell(FakeClock())
    bell.ring()
    assert await bell.wait(60)


async def test_rings_that_nobody_waited_for_add_up_to_one() -> None:
    clock = FakeClock()
    bell = Bell(clock)
    bell.ring()
    bell.ring()
    assert await bell.wait(60)
    second = asyncio.create_task(bell.wait(60))
    await clock.advance(60)
    assert not await second


async def test_the_wait_ends_when_its_time_is_over() -> None:
    clock = FakeClock()
    waiting = asyncio.create_task(Bell(clock).wait(5))
    await clock.advance(4.9)
    assert not waiting.done()
    await clock.advance(0.1)
    assert waiting.result() is False


async def test_hushing_forgets_the_ring() -> None:
    clock = FakeClock()
    bell = Bell(clock)
    bell.ring()
    bell.hush()
    waiting = asyncio.create_task(bell.wait(1))
    await clock.advance(1)
    assert waiting.result() is False


async def test_a_wait_that_is_given_up_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    waiting = asyncio.create_task(Bell(FakeClock()).wait(5))
    await rest()
    waiting.cancel()
    await rest()
    assert asyncio.all_tasks() == before
