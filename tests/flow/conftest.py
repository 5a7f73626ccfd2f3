"""A world whose market never closes, and its server, where a test does not make its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.flow.world import Api, World, world


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, users=("ada", "bob")) as made:
        made.box.exchange.always_open = True
        yield made


@pytest.fixture
async def api(made: World) -> AsyncIterator[Api]:
    async with made.served() as (url, _):
        yield made.api(url)
