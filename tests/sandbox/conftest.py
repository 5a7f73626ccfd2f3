"""A running sandbox with a client that holds its paper key, and an exchange without either."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

import sandbox
from sandbox import Sandbox
from sandbox.clock import ManualClock
from tests.sandbox.desk import FRIDAY, Desk
from tests.sandbox.wire import KEYS


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1, rate_limit=10_000) as running:
        yield running


@pytest.fixture
async def paper(box: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    fresh = aiohttp.TCPConnector(force_close=True)  # aiohttp re-sends on a kept connection
    async with aiohttp.ClientSession(
        box.alpaca.paper.url, headers=KEYS, connector=fresh
    ) as session:
        yield session


@pytest.fixture
async def market(box: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(box.alpaca.market.url, headers=KEYS) as session:
        yield session


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(FRIDAY)


@pytest.fixture
def desk(clock: ManualClock) -> Desk:
    return Desk(clock)
