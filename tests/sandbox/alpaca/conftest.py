"""A running sandbox and a client that holds its paper key."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

import sandbox
from sandbox import Sandbox

KEYS = {
    "APCA-API-KEY-ID": sandbox.PAPER_KEY,
    "APCA-API-SECRET-KEY": sandbox.PAPER_SECRET,
}


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1, rate_limit=10_000) as running:
        yield running


@pytest.fixture
async def paper(box: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(box.alpaca.paper.url, headers=KEYS) as session:
        yield session


@pytest.fixture
async def market(box: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(box.alpaca.market.url, headers=KEYS) as session:
        yield session
