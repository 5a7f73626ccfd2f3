"""A feed at work, for the length of a block."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from domain.capabilities import Capabilities
from streaming.feed import Feed
from tests.clock import FakeClock, rest
from tests.streaming.broker import capabilities
from tests.streaming.ports import Bench


@asynccontextmanager
async def running(
    bench: Bench, clock: FakeClock, can: Capabilities | None = None
) -> AsyncIterator[Feed]:
    """A feed that has come to rest; afterwards no task of it is left."""
    before = asyncio.all_tasks()
    feed = Feed(bench.now, can or capabilities(), bench.ports)
    task = asyncio.create_task(feed.run())
    await rest()
    try:
        yield feed
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == before
        assert clock.sleeping == 0
