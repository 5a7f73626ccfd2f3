"""The real clock, which only this package may look at."""

import asyncio
import time
from collections.abc import Awaitable
from datetime import UTC, datetime


class RealClock:
    """Wall time, monotonic time and sleep as the machine has them."""

    def now(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never jump backwards."""
        return time.monotonic()

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Wait this many real seconds."""
        return asyncio.sleep(seconds)
