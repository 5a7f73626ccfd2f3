"""One watcher of one user."""

import asyncio


class Watch:
    """Clear, read, use, wait: what happens in between ends the wait at once.

    It is in `asleep` for as long as nothing has woken it: who is awake need not be woken again.
    """

    def __init__(self, asleep: set["Watch"], *, live: bool) -> None:
        self.live, self.asleep = live, asleep
        self._stir = asyncio.Event()
        asleep.add(self)

    def wake(self) -> None:
        """There is something to read."""
        self._stir.set()

    def clear(self) -> None:
        """Forget what woke us; to be done before reading, never after."""
        self._stir.clear()
        self.asleep.add(self)

    async def wait(self, timeout: float | None = None) -> bool:
        """Whether there is something to read; False after so many seconds of nothing."""
        if timeout is None:
            return await self._stir.wait()
        try:
            async with asyncio.timeout(timeout):
                return await self._stir.wait()
        except TimeoutError:
            return False
