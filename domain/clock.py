"""Time as something handed in, so that a test can hold it still."""

from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time for what people read, monotonic time for deadlines, and a sleep that obeys both."""

    def now(self) -> datetime:
        """The present, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump backwards."""
        ...

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Wait this many seconds of this clock."""
        ...


def utc(moment: datetime) -> datetime:
    """The same moment in UTC; a time without a zone is a programming error."""
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {moment.isoformat()}")
    return moment.astimezone(UTC)
