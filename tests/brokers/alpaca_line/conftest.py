"""A sandbox, a desk and an open line."""

from collections.abc import AsyncIterator

import pytest

import sandbox
from brokers.alpaca.line import Line
from sandbox import Sandbox
from tests.brokers.desk import Desk


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1, rate_limit=100_000) as running:
        yield running


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def line(box: Sandbox, desk: Desk) -> AsyncIterator[Line]:
    async with desk.line(box) as opened:
        yield opened


@pytest.fixture
async def number(line: Line, desk: Desk) -> str:
    (account,) = await line.accounts()
    desk.records.clear()
    return account.number
