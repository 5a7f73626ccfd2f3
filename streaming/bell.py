"""Something to wait for that somebody rings, or that a while goes by."""

import asyncio

from domain.clock import Clock


class Bell:
    """Rung from anywhere, waited for by one; rings that nobody waits for add up to one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stir = asyncio.Event()
        self._rung = False

    def ring(self) -> None:
        """End the present wait, or else the next one."""
        self._rung = True
        self._stir.set()

    def hush(self) -> None:
        """Forget that it rang: what it rang for is being done."""
        self._rung = False
        self._stir.clear()

    async def wait(self, seconds: float) -> bool:
        """Whether it rang since the last wait, or rings within so many seconds."""
        timer = asyncio.create_task(self._expire(seconds))
        try:
            await self._stir.wait()
        finally:
            timer.cancel()
        rung = self._rung
        self.hush()
        return rung

    async def _expire(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._stir.set()
