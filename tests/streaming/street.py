"""A house with a connection to the sandbox, on a clock that a test moves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import sandbox
from brokers import plugins
from brokers.gate import CallRecord
from brokers.lines import Endpoints, Lines
from domain.account import Environment
from domain.changes import Change, ChangeKind
from domain.connection import (
    Connection,
    ConnectionState,
    Freshness,
    Permission,
    Reach,
    Resource,
    SyncStatus,
)
from domain.order import OrderEvent, OrderStatus
from sandbox.orders import Order, OrdType, Side, Ticket
from sandbox.serving import Sandbox
from streaming.feeds import Feeds
from streaming.ports import Ports
from tests.clock import FakeClock
from tests.streaming.conftest import USER, House, opened
from tests.waiting import until

# Seconds that sockets and disks may take on a busy machine, however far the clock was moved.
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Street:
    """A house with one connection to a sandbox, all on a clock that a test moves."""

    clock: FakeClock
    house: House
    box: Sandbox
    feeds: Feeds

    async def connection(self) -> Connection:
        """As it is now kept."""
        return (await self.house.journal.state(USER)).connections[0]

    async def held(self) -> Decimal:
        """How much of Apple the store says is held."""
        holdings = [each.holding for each in (await self.house.journal.state(USER)).holdings]
        return sum((h.quantity for h in holdings if h.instrument.symbol == "AAPL"), Decimal(0))

    async def told(self) -> list[Change]:
        """All that was journalled, but for the connection's own health."""
        changes = await self.house.journal.after(USER, 0)
        return [change for change in changes if change.kind is not ChangeKind.CONNECTION]

    async def events(self) -> list[OrderEvent]:
        """Every order event that was journalled."""
        values = [change.value for change in await self.told()]
        return [value for value in values if isinstance(value, OrderEvent)]

    async def booked(self) -> int:
        """How many transactions were journalled."""
        return sum(each.kind is ChangeKind.TRANSACTION for each in await self.told())

    async def is_filled(self) -> bool:
        """Whether the newest order event says so."""
        events = await self.events()
        return bool(events) and events[-1].order.status is OrderStatus.FILLED

    @property
    def looks(self) -> int:
        """How often holdings were asked for."""
        return sum(entry.path == "/v2/positions" for entry in self.box.log.entries)

    async def freshness(self, resource: Resource) -> Freshness:
        """How current it is."""
        return {each.resource: each for each in (await self.connection()).freshness}[resource]

    def trade(self, quantity: int, *, limit: str | None = None) -> Order:
        """Buy Apple elsewhere, as with the broker's own app."""
        ticket = Ticket(
            symbol="AAPL",
            side=Side.BUY,
            quantity=Decimal(quantity),
            type=OrdType.LIMIT if limit else OrdType.MARKET,
            limit_price=Decimal(limit) if limit else None,
        )
        order = self.box.exchange.submit(self.box.paper, ticket)
        self.box.exchange.work()
        return order

    async def comes_true(
        self, condition: Callable[[], Awaitable[object]], *, within: float
    ) -> None:
        """Let time pass until it holds; fail if that takes longer, in seconds of the clock."""
        begun, loop = self.clock.monotonic(), asyncio.get_running_loop()
        patience = loop.time() + PATIENCE
        while not await condition():
            if self.clock.monotonic() - begun <= within:
                await self.clock.advance(0.25)
            else:
                assert loop.time() < patience, "it took too long"
            # What goes over a socket takes real time, while the clock stands still.
            await asyncio.sleep(0.01)

    def is_in(self, wanted: ConnectionState) -> Callable[[], Awaitable[bool]]:
        """Whether the connection is in a state."""

        async def asked() -> bool:
            return (await self.connection()).health.state is wanted

        return asked

    def is_known(self, key: str) -> Callable[[], Awaitable[bool]]:
        """Whether an order of this broker id was told of."""

        async def asked() -> bool:
            return key in {event.order.broker_order_id for event in await self.events()}

        return asked

    def is_stale(self, resource: Resource) -> Callable[[], Awaitable[bool]]:
        """Whether it could not be read."""

        async def asked() -> bool:
            return (await self.freshness(resource)).status is SyncStatus.FAILED

        return asked

    def has_reach(self, reach: Reach) -> Callable[[], Awaitable[bool]]:
        """Whether we get so far."""

        async def asked() -> bool:
            return (await self.connection()).health.reach is reach

        return asked

    def has_booked(self, count: int) -> Callable[[], Awaitable[bool]]:
        """Whether so many transactions were read."""

        async def asked() -> bool:
            return await self.booked() == count

        return asked

    def holds(self, quantity: int) -> Callable[[], Awaitable[bool]]:
        """Whether so much of Apple is held."""

        async def asked() -> bool:
            return await self.held() == quantity

        return asked


async def no_record(record: CallRecord) -> None:
    """Calls are audited elsewhere."""


def hosts(box: Sandbox) -> Endpoints:
    """The sandbox in Alpaca's place."""
    urls = {
        "trading": box.alpaca.paper.url,
        "stream": box.alpaca.paper.socket_url,
        "data": box.alpaca.market.url,
        "data_stream": box.alpaca.market_stream.socket_url,
    }
    return {"alpaca": {Environment.PAPER: urls}}


@asynccontextmanager
async def at_work(url: str) -> AsyncIterator[Street]:
    """A street whose connection is up and streaming."""
    clock = FakeClock()
    async with (
        sandbox.serve(seed=1, clock=clock.now, rate_limit=100_000) as box,
        opened(url, clock) as house,
    ):
        await house.connections.create(
            USER,
            broker="alpaca",
            environment=Environment.PAPER,
            label="Paper",
            permission=Permission.TRADE,
            credentials={"key_id": sandbox.PAPER_KEY, "secret": sandbox.PAPER_SECRET},
        )
        lines = Lines(plugins(), house.connections.credentials, no_record, clock, hosts(box))
        ports = Ports(
            lines=lines,
            ledger=house.ledger,
            connections=house.connections,
            hub=house.hub,
            marks=house.marks,
            clock=clock,
        )
        feeds = Feeds(ports, house.runs, plugins())
        async with feeds.running():
            street = Street(clock, house, box, feeds)
            await until(lambda: box.streams)
            await street.comes_true(street.is_in(ConnectionState.ACTIVE), within=30)
            # The look that follows a stream's return.
            await street.clock.advance(2)
            yield street
        await lines.aclose()
        assert [task for task in asyncio.all_tasks() if _is_ours(task)] == []


def _is_ours(task: asyncio.Task[object]) -> bool:
    """The sandbox ends the handlers of its sockets in its own time."""
    code = getattr(task.get_coro(), "cr_code", None)
    folders = Path(code.co_filename).parts if code else ()
    return bool({"streaming", "brokers"} & set(folders)) and "tests" not in folders
