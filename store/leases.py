"""What only one process may run: a lease, taken by one statement, and a fence for its writes."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

from domain.clock import Clock
from domain.errors import ErrorCode, Problem
from store.database import Database
from store.unit import Unit

# The database's own clock decides, so that the processes' clocks need not agree.
_TAKE = """
INSERT INTO lease (name, owner, until, fence) VALUES ($1, $2, clock_timestamp() + $3, 1)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until,
  fence = lease.fence + CASE WHEN lease.owner = excluded.owner THEN 0 ELSE 1 END
WHERE lease.owner = excluded.owner OR lease.until < clock_timestamp()
RETURNING fence
"""
_RELEASE = "UPDATE lease SET until = clock_timestamp() WHERE name = $1 AND owner = $2"
# Shared, so that whoever takes it over waits for the write that has just been allowed.
_HELD = "SELECT 1 FROM lease WHERE name = $1 AND owner = $2 AND fence = $3 FOR SHARE"


# Called first inside the transaction: raises Fenced if it is not this process's to write.
Fence = Callable[[Unit], Awaitable[None]]


async def unfenced(unit: Unit) -> None:
    """Nobody else writes."""


class Fenced(Problem):
    """Another process has taken over what this one wanted to write about."""

    def __init__(self) -> None:
        super().__init__(
            ErrorCode.UNAVAILABLE, "another process has taken over; ask again with a new key"
        )


class Lease:
    """One lease on PostgreSQL, as one process sees it.

    It holds for `lasts`; whoever has it takes it again well before that, and by his own clock
    counts on it for two thirds of that only, so that he has stopped before another begins.
    """

    def __init__(self, db: Database, clock: Clock, name: str, *, lasts: timedelta) -> None:
        self._db, self._clock, self._name, self.lasts = db, clock, name, lasts
        self._owner = uuid4().hex
        self._fence: int | None = None
        self._until_seconds = clock.monotonic()

    @property
    def held(self) -> bool:
        """Whether this process may count on it now."""
        return self._fence is not None and self._clock.monotonic() < self._until_seconds

    async def take(self) -> bool:
        """Take it or keep it, if nobody else has it; whether it is held."""
        asked_at = self._clock.monotonic()
        given = [self._name, self._owner, self.lasts]
        rows = await self._db.client.execute_query_dict(_TAKE, given)
        self._fence = rows[0]["fence"] if rows else None
        self._until_seconds = asked_at + self.lasts.total_seconds() * 2 / 3
        return self.held

    async def release(self) -> None:
        """Let another have it at once."""
        self._fence = None
        await self._db.client.execute_query(_RELEASE, [self._name, self._owner])

    async def required(self, unit: Unit) -> None:
        """Nothing if it is still this process's, and until this transaction ends; else Fenced."""
        if self._fence is None:
            raise Fenced
        await self.unbroken(unit)

    async def unbroken(self, unit: Unit) -> None:
        """The same, but a process that knows that it does not hold the lease may go on."""
        checked = unit.group.kept(_Checked, _Checked)
        fence = self._fence
        if fence is None or checked.fence == fence:
            return
        given = [self._name, self._owner, fence]
        if not await self._db.client.execute_query_dict(_HELD, given):
            raise Fenced
        checked.fence = fence


class _Checked:
    """The fence that a transaction has asked for already."""

    def __init__(self) -> None:
        self.fence: int | None = None
