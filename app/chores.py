"""What is done once a day: forget what nobody can resume from, and log the heads of the audit."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from domain.clock import Clock

DAY_SECONDS = 24 * 60 * 60.0

log = logging.getLogger(__name__)

Chore = Callable[[], Awaitable[None]]


class Chores:
    """Runs each chore at the start and then daily; one that fails is logged and tried again."""

    def __init__(self, clock: Clock, chores: Mapping[str, Chore]) -> None:
        self._clock, self._chores = clock, chores

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Do them while inside."""
        task = asyncio.create_task(self._keep_doing(), name="chores")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _keep_doing(self) -> None:
        while True:
            for name, chore in self._chores.items():
                try:
                    await chore()
                except Exception:
                    log.exception("A daily chore failed", extra={"chore": name})
            await self._clock.sleep(DAY_SECONDS)
