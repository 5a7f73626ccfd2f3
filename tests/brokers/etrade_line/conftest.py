"""A sandbox, a desk and an open line."""

from collections.abc import AsyncIterator

import pytest

import sandbox
from brokers.etrade.line import Line
from sandbox import Sandbox
from tests.brokers.desk import Desk
from tests.brokers.etrade_line.scene import lined


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1, rate_limit=100_000) as running:
        yield running


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def line(box: Sandbox, desk: Desk) -> AsyncIterator[Line]:
    async with lined(box, desk) as opened:
        yield opened


@pytest.fixture
def number(box: Sandbox) -> str:
    """Of the margin account."""
    return box.etrade.margin.number
