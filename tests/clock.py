"""Time that stands still until a test moves it on."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

# A Monday, in the middle of New York's session.
START = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)

# Turns of the loop after which everything that needs no I/O has come to rest.
_TURNS = 50


class FakeClock:
    """A clock whose sleepers wake in order of time, each at its own moment."""

    def __init__(self, start: datetime = START) -> None:
        self._start, self._elapsed = start, 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> datetime:
        """The moment that it stands at."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds that it was moved on by so far."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Wait until a test has moved the clock on by so much."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Move on, and let everybody who wakes on the way do what they do."""
        until = self._elapsed + seconds
        await rest()
        while self._sleepers and self._sleepers[0][0] <= until:
            self._elapsed, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
                await rest()
        self._elapsed = until
        await rest()

    @property
    def sleeping(self) -> int:
        """How many wait."""
        return sum(not woken.done() for _, _, woken in self._sleepers)


async def rest() -> None:
    """Let every task run until it waits for the clock or for I/O."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)
