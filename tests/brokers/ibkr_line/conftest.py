"""A sandbox, a Gateway of it, and an open line."""

from collections.abc import AsyncIterator

import pytest

import sandbox
from brokers.ibkr.line import Line
from sandbox import Sandbox
from sandbox.ibkr.gateway import Gateway
from tests.brokers.desk import Desk
from tests.brokers.ibkr_line.scene import line_to


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1) as running:
        yield running


@pytest.fixture
def gateway(box: Sandbox) -> Gateway:
    return box.ibkr.paper


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def line(gateway: Gateway, desk: Desk) -> AsyncIterator[Line]:
    async with line_to(gateway, desk) as opened:
        yield opened


@pytest.fixture
async def number(line: Line) -> str:
    return (await line.accounts())[0].number
