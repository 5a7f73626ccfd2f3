"""Whether the connections are this process's to run: while it holds their lease."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Protocol

from domain.clock import Clock
from domain.ids import ConnectionId

logger = logging.getLogger(__name__)


class Lease(Protocol):
    """What one process has at a time."""

    @property
    def lasts(self) -> timedelta:
        """How long it is good for once it is taken."""
        ...

    @property
    def held(self) -> bool:
        """Whether this process may count on it now."""
        ...

    async def take(self) -> bool:
        """Take it or keep it; whether it is held."""
        ...

    async def release(self) -> None:
        """Let another have it."""
        ...


class Ownership:
    """Takes the lease, keeps it, and says when it is gone."""

    def __init__(self, lease: Lease, clock: Clock) -> None:
        self._lease, self._clock, self._owned = lease, clock, False

    def owns(self, connection: ConnectionId) -> bool:
        """Whether a connection is this process's; all of them are, or none."""
        return self._lease.held

    @asynccontextmanager
    async def running(self, changed: Callable[[], None]) -> AsyncIterator[None]:
        """Try for it while inside and call `changed` at every change; then let another have it.

        What runs under the lease has to end before this does.
        """
        task = asyncio.create_task(self._keep(changed), name="lease")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            with suppress(Exception):
                await self._lease.release()

    async def _keep(self, changed: Callable[[], None]) -> None:
        """Three tries in the time that it is counted on for."""
        pause = self._lease.lasts.total_seconds() / 5
        while True:
            try:
                await self._lease.take()
            except Exception:
                logger.exception("The lease could not be asked for")
            if self._lease.held != self._owned:
                self._tell(changed)
            await self._clock.sleep(pause)

    def _tell(self, changed: Callable[[], None]) -> None:
        self._owned = self._lease.held
        whose = "this process" if self._owned else "another process or nobody"
        logger.warning("The connections are run by %s", whose)
        changed()
