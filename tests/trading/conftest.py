"""A desk and the exchange that it trades at."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import sandbox
from tests.trading.orders import endpoints
from tests.trading.rig import Later, Rig, rig


@pytest.fixture
async def box() -> AsyncIterator[sandbox.Sandbox]:
    async with sandbox.serve(seed=1, rate_limit=1_000_000) as box:
        yield box


@pytest.fixture
def clock() -> Later:
    return Later()


@pytest.fixture
async def made(box: sandbox.Sandbox, tmp_path: Path, clock: Later) -> AsyncIterator[Rig]:
    async with rig(f"sqlite://{tmp_path}/b.sqlite3", endpoints(box), clock=clock) as made:
        _, account = await made.link(sandbox.PAPER_KEY, sandbox.PAPER_SECRET)
        await made.sync(account)
        yield made
