"""What subscriptions read: the gap-free changes of a user, and states watched live."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from domain.changes import Change, ChangeKind, Revocation
from domain.clock import Clock
from domain.connection import Connection
from domain.errors import ErrorCode, Problem
from domain.ids import AccountId, UserId
from domain.portfolio import Portfolio
from domain.rates import Money
from store.journal import Journal, State, decode_cursor, encode_cursor
from streaming.frames import (
    AccountFrame,
    ChangeFrame,
    Frame,
    Heartbeat,
    PositionsFrame,
    ResyncFrame,
    SnapshotFrame,
    compacted,
)
from streaming.hub import Hub
from streaming.marks import Marks
from streaming.portfolios import Portfolios, Wanted
from streaming.projections import Accounts, Connections, Positions, Projection
from streaming.run import Run
from streaming.sight import Sight

T = TypeVar("T")
_RunKey = tuple[UserId, str, frozenset[AccountId] | None]
# So many of the latest changes of all users are told by the same frames to all.
_FRAMES = 1_000

USUAL_RATE = 4.0
HIGHEST_RATE = 20.0
# A rate that stands for no limit and no pause.
EVERY_UPDATE = 1_000_000_000


class Views:
    """Endless generators over one user; each registers with the hub first and reads then.

    Nothing is queued for a watcher: one that is slow reads the journal later. `accounts` is both
    a filter and an allowance, None for all; `heartbeat` is in seconds of silence.
    """

    def __init__(
        self,
        journal: Journal,
        hub: Hub,
        marks: Marks,
        clock: Clock,
        *,
        heartbeat: float = 15.0,
        money: Callable[[], Money] = Money,
    ) -> None:
        self._journal, self._hub, self._marks = journal, hub, marks
        self._clock, self._heartbeat, self._money = clock, heartbeat, money
        self._runs: dict[_RunKey, Run[Any]] = {}
        self._frames: OrderedDict[tuple[UserId, int, str], ChangeFrame] = OrderedDict()

    async def changes(
        self,
        user: UserId,
        *,
        after: str | None = None,
        kinds: Collection[ChangeKind] | None = None,
        accounts: frozenset[AccountId] | None = None,
    ) -> AsyncGenerator[Frame, None]:
        """A snapshot, or what followed the cursor; then every change as it is committed.

        Order events come each, once, in order; a long backlog of other kinds only as their
        newest state. Raises Problem(CURSOR_INVALID) for a cursor that is none.
        """
        sight = Sight(kinds, accounts)
        with self._hub.watch(user) as watch:
            revision, tag, opening = await self._begin(user, after, sight)
            for frame in opening:
                yield frame
            silence = _Silence(self._heartbeat)
            while True:
                watch.clear()
                batch = await self._hub.after(user, revision)
                for change in compacted(batch):
                    if sight.sees(change):
                        yield self._frame(change, tag)
                        silence.broken()
                revision = batch[-1].revision if batch else revision
                if silence.is_long():
                    yield Heartbeat(cursor=encode_cursor(revision, tag), at=self._clock.now())
                    silence.broken()
                if not batch:
                    await watch.wait(silence.left)

    def orders(
        self,
        user: UserId,
        *,
        after: str | None = None,
        accounts: frozenset[AccountId] | None = None,
    ) -> AsyncGenerator[Frame, None]:
        """As `changes`, of orders alone, with those of which it is not known whether they are."""
        kinds = [ChangeKind.ORDER, ChangeKind.INTENT]
        return self.changes(user, after=after, kinds=kinds, accounts=accounts)

    def positions(
        self,
        user: UserId,
        *,
        accounts: frozenset[AccountId] | None = None,
        max_rate: float = USUAL_RATE,
    ) -> AsyncGenerator[PositionsFrame, None]:
        """All positions, then those that change, at most `max_rate` times a second."""
        _check_rate(max_rate)
        return self._live(
            user,
            lambda state: Positions(state, self._marks, self._clock.now),
            accounts,
            max_rate,
            "positions",
        )

    def accounts(
        self,
        user: UserId,
        *,
        accounts: frozenset[AccountId] | None = None,
        max_rate: float = USUAL_RATE,
    ) -> AsyncGenerator[AccountFrame, None]:
        """Each account, then those that change, at most `max_rate` times a second."""
        _check_rate(max_rate)
        return self._live(user, Accounts, accounts, max_rate, "accounts")

    def connections(
        self, user: UserId, *, accounts: frozenset[AccountId] | None = None
    ) -> AsyncGenerator[Connection, None]:
        """Each connection, then those that change or were heard from."""
        return self._live(user, Connections, accounts, USUAL_RATE, "connections")

    def portfolios(
        self,
        user: UserId,
        wanted: Wanted,
        *,
        accounts: frozenset[AccountId] | None = None,
        max_rate: float = 1.0,
    ) -> AsyncGenerator[Portfolio, None]:
        """The portfolio, then the whole of it whenever it changed, at most `max_rate` a second."""
        _check_rate(max_rate)
        return self._live(
            user,
            lambda state: self._portfolio(state, wanted),
            accounts,
            max_rate,
            f"portfolio {wanted.base} {sorted(wanted.environments or ())}",
        )

    async def portfolio(
        self, user: UserId, wanted: Wanted, *, accounts: frozenset[AccountId] | None = None
    ) -> Portfolio:
        """The portfolio as it is."""
        state = Sight(None, accounts).cut(await self._journal.state(user))
        return self._portfolio(state, wanted).whole()[0]

    async def revocations(
        self, user: UserId, *, after: int | None = None
    ) -> AsyncGenerator[Revocation, None]:
        """What ends sockets of this user.

        `after` is the revision read before the socket's token was checked: then none is missed.
        """
        with self._hub.watch(user) as watch:
            revision = (await self._journal.head(user)).revision if after is None else after
            while True:
                watch.clear()
                batch = await self._hub.after(user, revision)
                for change in batch:
                    revision = change.revision
                    if isinstance(change.value, Revocation):
                        yield change.value
                if not batch:
                    await watch.wait()

    async def _begin(
        self, user: UserId, after: str | None, sight: Sight
    ) -> tuple[int, str, list[Frame]]:
        """Where to read on from, the tag for cursors, and what to tell first."""
        revision, tag, reason = 0, "", None
        if after is not None:
            revision, tag = decode_cursor(after)
            reason = await self._journal.resync_reason(user, revision, tag)
            if reason is None and sight.accounts is None:
                return revision, tag, []
        whole = await self._journal.state(user)
        state = sight.cut(whole)
        if after is not None and reason is None:
            return revision, tag, []
        cursor = encode_cursor(state.head.revision, state.head.tag)
        opening: list[Frame] = [ResyncFrame(reason=reason, cursor=cursor)] if reason else []
        opening.append(SnapshotFrame(state=state, cursor=cursor))
        return state.head.revision, state.head.tag, opening

    async def _live(
        self,
        user: UserId,
        begin: Callable[[State], Projection[T]],
        accounts: frozenset[AccountId] | None,
        max_rate: float,
        key: str,
    ) -> AsyncGenerator[T, None]:
        """The whole of a projection, then its news, with a pause after each."""
        with (
            self._hub.watch(user, live=True) as watch,
            self._following((user, key, accounts), begin, watch) as run,
        ):
            for told in await run.whole(watch):
                yield told
            while True:
                # What came since the last clear has set it, so nothing is looked for in vain.
                await watch.wait()
                watch.clear()
                news = await run.news(watch)
                for told in news:
                    yield told
                if news and max_rate != EVERY_UPDATE:
                    await self._clock.sleep(self._pause(1 / max_rate))

    def _portfolio(self, state: State, wanted: Wanted) -> Portfolios:
        return Portfolios(state, self._marks, wanted, self._money, self._clock.now)

    @contextmanager
    def _following(
        self, key: _RunKey, begin: Callable[[State], Projection[Any]], follower: object
    ) -> Iterator[Run[Any]]:
        """The run of this key, which lives as long as it is followed."""
        user, _, accounts = key
        run = self._runs.get(key)
        if run is None:
            sight = Sight(None, accounts)
            run = self._runs[key] = Run(user, sight, begin, self._journal, self._hub)
        run.join(follower)
        try:
            yield run
        finally:
            if run.leave(follower):
                del self._runs[key]

    def _pause(self, interval: float) -> float:
        """Seconds to the next beat: all who asked for a rate are told the same at once."""
        return interval - self._clock.monotonic() % interval

    def _frame(self, change: Change, tag: str) -> ChangeFrame:
        """The frame of a change, the same for all who are told it while it is news."""
        key = (change.user_id, change.revision, tag)
        frame = self._frames.get(key)
        if frame is None:
            cursor = encode_cursor(change.revision, tag)
            frame = self._frames[key] = ChangeFrame(change=change, cursor=cursor)
            if len(self._frames) > _FRAMES:
                self._frames.popitem(last=False)
        return frame


class _Silence:
    """How long a watcher has been told nothing, in seconds."""

    def __init__(self, longest: float) -> None:
        self._now, self._longest = asyncio.get_running_loop().time, longest
        self.broken()

    def broken(self) -> None:
        """It was told something."""
        self._until = self._now() + self._longest

    @property
    def left(self) -> float:
        """Until it has been too long."""
        return max(0.0, self._until - self._now())

    def is_long(self) -> bool:
        """Whether it has been too long."""
        return self._now() >= self._until


def _check_rate(max_rate: float) -> None:
    if not 0 < max_rate <= HIGHEST_RATE and max_rate != EVERY_UPDATE:
        message = f"give a rate of more than 0 and at most {HIGHEST_RATE:g} a second"
        raise Problem(ErrorCode.BAD_INPUT, message, field="maxRate")
