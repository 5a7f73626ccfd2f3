"""Where whoever watches a user is told at once of what the journal and the brokers say."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from itertools import groupby
from typing import Protocol

from domain.changes import Change, Live
from domain.clock import Clock
from domain.ids import ConnectionId, UserId
from streaming.recent import Recent
from streaming.turns import Turns
from streaming.watch import Watch

logger = logging.getLogger(__name__)

_LOOK_EVERY = 1.0


class Journal(Protocol):
    """What the hub reads of the journal."""

    async def heads(self, users: Collection[UserId]) -> Mapping[UserId, int]:
        """The newest revision of each."""
        ...

    async def after(self, user: UserId, revision: int) -> tuple[Change, ...]:
        """The next changes, oldest first."""
        ...


class Hub:
    """Holds what is recent of the users being watched and nothing of the others."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        ring: Callable[[UserId, int], None] = lambda _user, _revision: None,
        *,
        kept: int = 1_000,
    ) -> None:
        self._journal, self._clock, self._ring, self._kept = journal, clock, ring, kept
        self._users: dict[UserId, Recent] = {}
        self._turns = Turns()
        self._reads: dict[tuple[UserId, int, int], asyncio.Task[tuple[Change, ...]]] = {}
        self.listeners = 0

    def push(self, changes: Sequence[Change]) -> None:
        """Take what was just committed, in revision order, and ring for the other processes."""
        for user, group in groupby(changes, key=lambda change: change.user_id):
            committed = tuple(group)
            if recent := self._users.get(user):
                recent.take(committed)
            self._ring(user, committed[-1].revision)

    def heard(self, user: UserId, revision: int) -> None:
        """Another process says that this user's journal reaches so far."""
        if recent := self._users.get(user):
            recent.learn(revision)

    def publish(self, user: UserId, live: Live, connection: ConnectionId) -> None:
        """Show a value that is not journalled to whoever watches."""
        recent = self._users.get(user)
        if recent is not None and recent.show(live, connection):
            self._turns.add(recent)

    @contextmanager
    def watch(self, user: UserId, *, live: bool = False) -> Iterator[Watch]:
        """Watch a user: the journal, and with `live` what travels beside it."""
        recent = self._users.setdefault(user, Recent(self._kept))
        watch = recent.join(live=live)
        self.listeners += 1
        try:
            yield watch
        finally:
            self.listeners -= 1
            if recent.leave(watch):
                del self._users[user]

    def watched_live(self, user: UserId) -> bool:
        """Whether anybody here watches this user's prices now."""
        recent = self._users.get(user)
        return recent is not None and recent.watched_live

    def moved(self, user: UserId, revision: int, version: int) -> bool:
        """Whether there may be anything after this revision or this version of what is live."""
        recent = self._users.get(user)
        if recent is None or recent.head is None:
            return True
        return recent.head > revision or recent.version != version

    async def after(self, user: UserId, revision: int) -> tuple[Change, ...]:
        """What followed a revision, oldest first and not always all of it; empty if nothing did."""
        recent = self._users.get(user)
        known = recent.after(revision) if recent else None
        return known if known is not None else await self._read(user, revision, recent)

    def live_after(self, user: UserId, version: int) -> tuple[int, tuple[Live, ...]]:
        """The version that now is and what was shown after another, the latest of each."""
        recent = self._users.get(user)
        return (recent.version, recent.live_after(version)) if recent else (version, ())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While inside, look once a second for what other processes wrote."""
        looking = asyncio.create_task(self._keep_looking(), name="hub")
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.wait([looking, *self._reads.values()])

    async def _read(self, user: UserId, revision: int, recent: Recent | None) -> tuple[Change, ...]:
        """Read the journal, once for all who ask for the same after the same stir.

        A read that began before the last stir may miss what it told of, so nobody joins it later.
        """
        key = (user, revision, recent.stirs if recent else 0)
        reading = self._reads.get(key)
        if reading is None:
            reading = self._reads[key] = asyncio.create_task(self._journal.after(user, revision))
            reading.add_done_callback(lambda done: self._read_done(key, done))
        changes = await asyncio.shield(reading)
        if recent:
            recent.take(changes)
        return changes

    def _read_done(
        self, key: tuple[UserId, int, int], reading: asyncio.Task[tuple[Change, ...]]
    ) -> None:
        del self._reads[key]
        if not reading.cancelled():
            reading.exception()  # who asked has it, unless they all went away

    async def _keep_looking(self) -> None:
        well = True
        while True:
            try:
                await self._compare_heads()
                well = True
            except Exception as error:
                # Whatever ails the database, watching goes on when it is back.
                if well:
                    logger.exception("Journals cannot be looked at: %s", type(error).__name__)
                well = False
            await self._clock.sleep(_LOOK_EVERY)

    async def _compare_heads(self) -> None:
        if self._users:
            for user, head in (await self._journal.heads(tuple(self._users))).items():
                self.heard(user, head)
