"""A feed for every connection that is to have one, and the syncs that people ask for."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from brokers.contract import Plugin
from domain.changes import Change, ChangeKind
from domain.connection import Connection, ConnectionState, Resource
from domain.errors import CredentialsRejected
from domain.ids import ConnectionId, UserId
from domain.order import OrderEvent
from domain.sync import SyncResult, SyncRun
from streaming.bell import Bell
from streaming.feed import Feed
from streaming.looked import Looked, results
from streaming.pace import retry_after
from streaming.ports import Ports

logger = logging.getLogger(__name__)

_LOOK_EVERY = 1.0
_LEFT_ALONE = frozenset(
    {ConnectionState.REAUTH_REQUIRED, ConnectionState.DISABLED, ConnectionState.DISCONNECTED}
)


class Runs(Protocol):
    """Where people ask for syncs."""

    async def pending(self) -> Sequence[SyncRun]:
        """Those that nobody has finished."""
        ...

    async def start(self, run: SyncRun) -> object:
        """It has begun."""
        ...

    async def finish(self, run: SyncRun, results: Sequence[SyncResult]) -> object:
        """It is over, and this is how it went."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    connection: Connection
    feed: Feed
    task: asyncio.Task[None]

    @property
    def login(self) -> tuple[UserId, str]:
        """Whose it is, and at which broker."""
        return (self.connection.user_id, self.connection.broker)

    def outdated(self, now: Connection) -> bool:
        """Whether it has to be begun anew, as the connection now is.

        It does if it was set otherwise, or signed in anew: then it is PENDING again, since later;
        and if its feed has ended and the connection was repaired since.
        """
        then = self.connection
        if (now.permission, now.sync_every) != (then.permission, then.sync_every):
            return True
        anew = self.task.done() or now.health.state is ConnectionState.PENDING
        return anew and now.health.since != then.health.since


class Feeds:
    """Once a second, and when rung, compares what runs with what should.

    `owns` tells which connections are this process's to run.
    """

    def __init__(
        self,
        ports: Ports,
        runs: Runs,
        plugins: Mapping[str, Plugin],
        *,
        owns: Callable[[ConnectionId], bool] = lambda _: True,
    ) -> None:
        self._ports, self._runs, self._plugins, self._owns = ports, runs, plugins, owns
        self._bell = Bell(ports.clock)
        self._running: dict[ConnectionId, _Running] = {}
        self._restarts: set[ConnectionId] = set()
        self._syncs: dict[str, asyncio.Task[None]] = {}
        # For those who watch the server: whether the last look worked, and what it saw.
        self.well = True
        self.states: Mapping[ConnectionState, int] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While inside, feeds run; afterwards no task and no socket of theirs is left."""
        tending = asyncio.create_task(self._keep_tending(), name="feeds")
        try:
            yield
        finally:
            await _cancelled([tending])
            await _cancelled(list(self._syncs.values()))
            await _cancelled([running.task for running in self._running.values()])
            self._running.clear()

    def ring(self) -> None:
        """Look now: a sync was asked for."""
        self._bell.ring()

    def restart(self, connection: ConnectionId) -> None:
        """Open the connection anew: it has other credentials."""
        self._restarts.add(connection)
        self._bell.ring()

    def heard(self, changes: Sequence[Change]) -> None:
        """Take note of what was just committed: other connections, open orders."""
        for change in changes:
            if change.kind is ChangeKind.CONNECTION:
                self._bell.ring()
            elif isinstance(change.value, OrderEvent) and change.connection_id is not None:
                running = self._running.get(change.connection_id)
                if running and not change.value.order.status.terminal:
                    running.feed.expect_news()

    async def _keep_tending(self) -> None:
        while True:
            await self._let_go()
            try:
                await self._tend()
                await self._take_syncs()
                self.well = True
            except Exception:
                # Whatever ails the database, feeds go on and so does this.
                if self.well:
                    logger.exception("Connections cannot be looked at")
                self.well = False
            await self._bell.wait(_LOOK_EVERY)

    async def _let_go(self) -> None:
        """End what is not this process's any more, whatever ails the database."""
        lost = [key for key in self._running if not self._owns(key)]
        await _cancelled([self._running.pop(key).task for key in lost])
        for key in lost:
            self._ports.marks.forget(key)

    async def _tend(self) -> None:
        every = await self._ports.connections.every()
        wanted = {each.id: each for each in every if self._wants(each)}
        self.states = Counter(each.health.state for each in wanted.values())
        restarts, self._restarts = self._restarts, set()
        ended: set[tuple[UserId, str]] = set()
        for key, running in list(self._running.items()):
            connection = wanted.get(key)
            if connection is None or key in restarts or running.outdated(connection):
                await _cancelled([self._running.pop(key).task])
                if connection is None:
                    self._ports.marks.forget(key)
                    ended.add(running.login)
        for running in self._running.values():
            # An account that the ended one kept may be reached by another of its user.
            if running.login in ended:
                running.feed.look_again()
        for key, connection in wanted.items():
            if key not in self._running:
                self._start(connection)

    def _wants(self, connection: Connection) -> bool:
        well = connection.enabled and connection.health.state not in _LEFT_ALONE
        return well and connection.broker in self._plugins and self._owns(connection.id)

    def _start(self, connection: Connection) -> None:
        capabilities = self._plugins[connection.broker].capabilities
        feed = Feed(connection, capabilities, self._ports)
        task = asyncio.create_task(self._run(feed, connection), name=f"feed {connection.id}")
        self._running[connection.id] = _Running(connection=connection, feed=feed, task=task)

    async def _run(self, feed: Feed, connection: Connection) -> None:
        """Run a feed again when it breaks by a fault of ours, ever more slowly."""
        attempt = 0
        while True:
            try:
                return await feed.run()
            except* Exception:
                logger.exception("A feed broke", extra={"connection": connection.id})
            await self._ports.clock.sleep(retry_after(attempt, 0))
            attempt += 1

    async def _take_syncs(self) -> None:
        taken = set(self._syncs)
        for run in await self._runs.pending():
            if run.id not in taken and self._owns(run.connection_id):
                task = asyncio.create_task(self._sync(run), name=f"sync {run.id}")
                self._syncs[run.id] = task
                task.add_done_callback(partial(self._sync_done, run))

    async def _sync(self, run: SyncRun) -> None:
        await self._runs.start(run)
        running = self._running.get(run.connection_id)
        done = await running.feed.sync() if running else results(_NOT_RUNNING)
        await self._runs.finish(run, done)

    def _sync_done(self, run: SyncRun, task: asyncio.Task[None]) -> None:
        del self._syncs[run.id]
        if not task.cancelled() and (error := task.exception()):
            extra = {"connection": run.connection_id}
            logger.error("A sync could not be finished", exc_info=error, extra=extra)


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel all of them and wait until they are over."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


_NOT_RUNNING = Looked(
    attempted=tuple(Resource),
    error=CredentialsRejected("The connection is not signed in, or is turned off"),
)
