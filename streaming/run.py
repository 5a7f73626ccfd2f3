"""One run of a projection for all who follow the same of a user, each at its own pace."""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import islice, takewhile
from typing import Any, Generic, TypeVar

from domain.ids import UserId
from store.journal import Journal, State
from streaming.hub import Hub
from streaming.projections import Projection
from streaming.sight import Sight

T = TypeVar("T")

# So many rows are kept before it is looked which of them everybody has been told.
_MANY = 1_000
_ALL = -1


class Run(Generic[T]):
    """Rows in the order in which they last changed, each with the turn in which it did.

    Nothing is queued: a follower remembers its turn and is told the latest of each row that changed
    since. Whoever looks first brings the run up to date; the frames that it makes are everybody's
    who stands at the same turn. Every follower watches the hub for as long as it follows.
    """

    def __init__(
        self,
        user: UserId,
        sight: Sight,
        begin: Callable[[State], Projection[T]],
        journal: Journal,
        hub: Hub,
        *,
        many: int = _MANY,
    ) -> None:
        self._user, self._sight, self._begin = user, sight, begin
        self._journal, self._hub = journal, hub
        self._opening = asyncio.Lock()
        self._projection: Projection[T] | None = None
        self._turn = self._revision = self._version = 0
        self._rows: dict[Hashable, tuple[int, Any]] = {}
        self._frames: dict[int, Sequence[T]] = {}
        self._followers: dict[object, int] = {}
        self._many = self._prune_at = many

    def join(self, follower: object) -> None:
        """Nothing that changes from now on is forgotten before this follower was told."""
        self._followers[follower] = self._turn

    def leave(self, follower: object) -> bool:
        """Whether nobody is left."""
        del self._followers[follower]
        return not self._followers

    async def whole(self, follower: object) -> Sequence[T]:
        """What to begin with."""
        projection = await self._opened()
        await self._catch_up(projection)
        self._followers[follower] = self._turn
        if _ALL not in self._frames:
            self._frames[_ALL] = projection.whole()
        return self._frames[_ALL]

    async def news(self, follower: object) -> Sequence[T]:
        """What is different since this follower was told last; empty if nothing."""
        projection = self._projection or await self._opened()
        if self._hub.moved(self._user, self._revision, self._version):
            await self._catch_up(projection)
        turn = self._followers[follower]
        if turn == self._turn:
            return ()
        self._followers[follower] = self._turn
        if turn not in self._frames:
            newest = takewhile(lambda row: row[0] > turn, reversed(self._rows.values()))
            self._frames[turn] = projection.frames([row for _, row in newest][::-1])
        return self._frames[turn]

    async def _opened(self) -> Projection[T]:
        """The projection; the first who needs it reads the state, the others wait."""
        if self._projection is None:
            async with self._opening:
                if self._projection is None:
                    self._version, _ = self._hub.live_after(self._user, 0)
                    state = self._sight.cut(await self._journal.state(self._user))
                    self._revision = state.head.revision
                    self._projection = self._begin(state)
        return self._projection

    async def _catch_up(self, projection: Projection[T]) -> None:
        while batch := await self._hub.after(self._user, self._revision):
            # Another follower may have come first while we waited.
            unseen = [change for change in batch if change.revision > self._revision]
            self._revision = max(self._revision, batch[-1].revision)
            self._keep(projection.news(filter(self._sight.sees, unseen), ()).items())
        self._version, live = self._hub.live_after(self._user, self._version)
        if live:
            self._keep(projection.news((), live).items())

    def _keep(self, rows: Iterable[tuple[Hashable, Any]]) -> None:
        turn = self._turn + 1
        for key, row in rows:
            self._rows.pop(key, None)
            self._rows[key] = (turn, row)
            self._turn = turn
        if self._turn == turn:
            self._frames.clear()
        if len(self._rows) > self._prune_at:
            self._prune()

    def _prune(self) -> None:
        """Forget what everybody was told."""
        told = min(self._followers.values(), default=self._turn)
        old = sum(1 for _ in takewhile(lambda row: row[0] <= told, self._rows.values()))
        for key in list(islice(self._rows, old)):
            del self._rows[key]
        self._prune_at = max(self._many, 2 * len(self._rows))
