"""Waiting for several things at once, none of which outlives the wait; several waiting for one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager


@asynccontextmanager
async def together(
    *work: Awaitable[object],
) -> AsyncIterator[set[asyncio.Future[object]]]:
    """Run beside a block, and no longer than it."""
    tasks: set[asyncio.Future[object]] = {asyncio.ensure_future(one) for one in work}
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def first(*waits: Awaitable[object], among: Iterable[asyncio.Future[object]] = ()) -> None:
    """Wait until one of them is over; what failed `among` the running tasks is raised."""
    async with together(*waits) as waiting:
        running = set(among)
        done, _ = await asyncio.wait(waiting | running, return_when=asyncio.FIRST_COMPLETED)
        for task in done & running:
            task.result()


class Watchers:
    """Those who wait for the same thing to change."""

    def __init__(self) -> None:
        self._events: set[asyncio.Event] = set()

    def wake(self) -> None:
        """Set the event of each."""
        for changed in self._events:
            changed.set()

    @contextmanager
    def watching(self) -> Iterator[asyncio.Event]:
        """One more, by the event that it waits for and clears."""
        changed = asyncio.Event()
        self._events.add(changed)
        try:
            yield changed
        finally:
            self._events.discard(changed)
