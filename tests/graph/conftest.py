"""The server that most of these tests speak to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.server import Served, served


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Served]:
    async with served(tmp_path) as running:
        yield running
