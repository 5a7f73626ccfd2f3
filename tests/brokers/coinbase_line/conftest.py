"""A sandbox, a desk and an open line to its Coinbase."""

from collections.abc import AsyncIterator

import pytest

import sandbox
from brokers.coinbase.line import Line
from sandbox import Sandbox
from tests.brokers.coinbase_line.scene import Off, opened
from tests.brokers.desk import Desk


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1, rate_limit=1_000_000) as running:
        yield running


@pytest.fixture
def clock() -> Off:
    return Off()


@pytest.fixture
def desk(clock: Off) -> Desk:
    return Desk(clock=clock)


@pytest.fixture
async def line(box: Sandbox, desk: Desk) -> AsyncIterator[Line]:
    async with opened(box, desk) as made:
        yield made


@pytest.fixture
async def number(line: Line, desk: Desk) -> str:
    (account,) = await line.accounts()
    desk.records.clear()
    return account.number
