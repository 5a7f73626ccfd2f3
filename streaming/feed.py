"""One connection kept current: by its streams while they are well, by polls while they are not."""

import asyncio
import logging
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from typing import TypeVar

from brokers.contract import Broker
from domain.capabilities import Capabilities, Pushed
from domain.changes import Fresh
from domain.connection import Connection, ConnectionState, Resource
from domain.errors import BrokerError, CredentialsRejected, Problem, RateLimited, Unreachable
from domain.events import Stirred, StreamEvent
from domain.facts import OrderReport
from domain.holding import Mark
from domain.sync import SyncResult
from streaming.bell import Bell
from streaming.drift import GRACE
from streaming.health import SignInAwaited, Symptoms, judged
from streaming.intake import Intake
from streaming.looked import Looked, freshened, results
from streaming.pace import Pace, is_long, retry_after
from streaming.ports import Ports

# How often it is seen whether somebody watches, in seconds.
_WATCH_EVERY = 1.0
# What comes in a burst is begun in its order and committed together; so many may be on their way.
_MOST_HEARD = 100

logger = logging.getLogger(__name__)
T = TypeVar("T")


class Feed:
    """Hears orders, hears prices and looks at the accounts, all at once.

    A look follows every loss and every return of a stream, and what it tells of executions. The
    line is asked for at every use: whoever closes it has it opened anew.
    """

    def __init__(self, connection: Connection, capabilities: Capabilities, ports: Ports) -> None:
        self._connection, self._pushes, self._ports = connection, capabilities.pushes, ports
        self._clock, self._asks_for_prices = ports.clock, capabilities.asks_for_prices
        self._pace = Pace(capabilities, connection.sync_every, self._clock.monotonic())
        self._intake = Intake(connection, self._line, ports)
        self._bell, self._turn = Bell(self._clock), asyncio.Lock()
        self._hearing = asyncio.Semaphore(_MOST_HEARD)
        self._symptoms, self._freshness = Symptoms(), connection.freshness
        self._health, self._expires_at = connection.health, connection.expires_at
        # Whether the order stream has been up without a break since the last look was begun.
        self._attended = False

    async def run(self) -> None:
        """Until cancelled, or until the broker no longer knows us."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_looking())
                if Pushed.ORDERS in self._pushes:
                    hear = partial(self._hear, tasks)
                    tasks.create_task(self._stay_on(_orders, hear, self._lose_orders))
                    tasks.create_task(self._keep_vigil())
                if Pushed.MARKS in self._pushes:
                    tasks.create_task(self._stay_on(_prices, self._price, self._lose_marks))
                if self._asks_for_prices:
                    tasks.create_task(self._keep_watch())
        except* CredentialsRejected:
            logger.warning("The connection has to be signed in anew", extra=self._extra())
        finally:
            await self._ports.lines.close(self._connection.id)

    async def sync(self) -> tuple[SyncResult, ...]:
        """Read everything now, and tell how that went."""
        looked = await self._look(sync=True)
        if isinstance(looked.error, CredentialsRejected):
            self._bell.ring()  # so that the feed finds out as well, and ends
        return results(looked)

    def look_again(self) -> None:
        """Look at the accounts as soon as the pace allows."""
        self._bell.ring()

    def expect_news(self) -> None:
        """An order is open: without a stream, look more often from now on."""
        if not self._pace.streaming and not self._pace.open_orders:
            self._pace.open_orders = True
            self._bell.ring()

    async def _line(self) -> Broker:
        try:
            return await self._ports.lines.open(self._connection)
        except Problem as problem:
            raise SignInAwaited(problem.message) from problem

    async def _keep_watch(self) -> None:
        """Prices that have to be asked for are, while somebody watches."""
        while True:
            watched = self._ports.hub.watched_live(self._connection.user_id)
            with suppress(BrokerError):
                await self._intake.watch(watched=watched)
            await self._clock.sleep(_WATCH_EVERY)

    async def _keep_looking(self) -> None:
        while True:
            looked = await self._look()
            if isinstance(looked.error, CredentialsRejected):
                raise looked.error
            now = self._clock.monotonic()
            if await self._bell.wait(self._pace.wait(now, self._clock.now())):
                await self._clock.sleep(self._pace.wait_asked(self._clock.monotonic()))

    async def _look(self, *, sync: bool = False) -> Looked:
        async with self._turn:
            self._bell.hush()
            began, began_at = self._clock.monotonic(), self._clock.now()
            due = self._pace.looking(began)
            attended, self._attended = self._attended, self._pace.streaming
            looked = await self._intake.look(sync=sync or due, attended=attended)
            self._symptoms = self._symptoms.read(looked.error)
            self._freshness = freshened(self._freshness, looked, began_at)
            self._adjust(looked, began)
            await self._report(self._expires_at if looked.error else looked.expires_at)
            await self._show_freshness()
            return looked

    def _adjust(self, looked: Looked, began: float) -> None:
        pace = self._pace
        pace.reading = looked.error is None
        for error in (looked.error, looked.unbooked):
            if isinstance(error, RateLimited):
                pace.penalize(self._clock.monotonic(), error.retry_after)
        if looked.error is None:
            pace.open_orders = looked.open_orders
            if Resource.ACCOUNTS in looked.counts:
                pace.synced(began)
        if looked.again:
            self._bell.ring()

    async def _hear(self, tasks: asyncio.TaskGroup, event: StreamEvent) -> None:
        if not self._pace.streaming:
            self._pace.streaming = True
            self._symptoms = self._symptoms.heard(None)
            self._bell.ring()
        if isinstance(event, OrderReport):
            await self._hearing.acquire()
            tasks.create_task(self._record(event))
        elif isinstance(event, Stirred):
            self._bell.ring()

    async def _record(self, report: OrderReport) -> None:
        try:
            if await self._intake.hear(report):
                self._bell.ring()
        finally:
            self._hearing.release()

    async def _keep_vigil(self) -> None:
        """What a poll found and the stream has not told of by the end of its grace is drift."""
        vigil = self._intake.vigil
        while True:
            await vigil.stirred.wait()
            vigil.stirred.clear()
            while vigil.watching:
                await self._clock.sleep(GRACE.total_seconds())
                await self._intake.tell_drift()

    async def _lose_orders(self, error: BrokerError) -> None:
        self._attended = False
        self._intake.vigil.lost()
        if self._pace.streaming:
            self._pace.streaming = False
            self._bell.ring()
        self._symptoms = self._symptoms.heard(error)
        await self._report(self._expires_at)

    async def _price(self, mark: Mark) -> None:
        if not self._pace.pricing:
            logger.info("Prices are back", extra=self._extra())
            self._pace.pricing = True
        self._intake.price(mark)

    async def _lose_marks(self, error: BrokerError) -> None:
        if self._pace.pricing:
            logger.warning("Prices are lost: %s", error.code, extra=self._extra())
            self._pace.pricing = False
            self._bell.ring()

    async def _stay_on(
        self,
        open: Callable[[Broker], AsyncIterator[T]],
        take: Callable[[T], Awaitable[None]],
        lose: Callable[[BrokerError], Awaitable[None]],
    ) -> None:
        """Take in what a stream brings, and open it again whenever it is lost."""
        attempt = 0
        while True:
            opened = self._clock.monotonic()
            error = await self._drain(open, take)
            attempt = 0 if is_long(self._clock.monotonic() - opened) else attempt
            await lose(error)
            await self._clock.sleep(retry_after(attempt, self._spread))
            attempt += 1

    async def _drain(
        self, open: Callable[[Broker], AsyncIterator[T]], take: Callable[[T], Awaitable[None]]
    ) -> BrokerError:
        """Take everything in until the stream is lost; why it was."""
        try:
            async with _closing(open(await self._line())) as items:
                async for item in items:
                    await take(item)
        except BrokerError as error:
            return error
        return Unreachable("The stream ended")

    async def _report(self, expires_at: datetime | None) -> None:
        """Keep and journal the health and the forecast of its end, if one is another now."""
        connection, now = self._connection, self._clock.now()
        health = judged(self._health, self._symptoms, connection.permission, now)
        if (health, expires_at) == (self._health, self._expires_at):
            return
        await self._ports.connections.set_health(
            connection.user_id, connection.id, health, expires_at=expires_at
        )
        if health.state is not self._health.state:
            level = logging.INFO if health.state is ConnectionState.ACTIVE else logging.WARNING
            logger.log(level, "The connection is %s", health.state, extra=self._extra())
        self._health, self._expires_at = health, expires_at

    async def _show_freshness(self) -> None:
        user, key = self._connection.user_id, self._connection.id
        connection = await self._ports.connections.set_freshness(user, key, self._freshness)
        # A repair may have changed it meanwhile.
        self._health, self._expires_at = connection.health, connection.expires_at
        self._ports.hub.publish(user, Fresh(connection=connection), key)

    @property
    def _spread(self) -> float:
        return zlib.crc32(self._connection.id.encode()) / 2**32

    def _extra(self) -> dict[str, str]:
        return {"connection": self._connection.id, "broker": self._connection.broker}


def _orders(broker: Broker) -> AsyncIterator[StreamEvent]:
    return broker.events()


def _prices(broker: Broker) -> AsyncIterator[Mark]:
    return broker.marks()


@asynccontextmanager
async def _closing(items: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    try:
        yield items
    finally:
        if isinstance(items, AsyncGenerator):
            await items.aclose()
