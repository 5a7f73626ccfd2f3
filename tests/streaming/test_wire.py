"""From a broker's wire to what a client is told: the real adapter, the sandbox, a real store."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

import sandbox
from brokers import plugins
from brokers.gate import CallRecord
from brokers.lines import Lines
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
from domain.errors import ErrorCode
from domain.order import OrderEvent, OrderStatus
from sandbox.orders import Order, OrdType, Side, Ticket
from sandbox.serving import Sandbox
from streaming.feeds import Feeds
from streaming.ports import Ports
from tests.clock import FakeClock
from tests.streaming.conftest import USER, House, opened
from tests.waiting import until

# The two intervals of Alpaca's capabilities, and what the requests themselves may take.
POLL, POLL_OPEN = 15 + 3, 3 + 3


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
        begun = self.clock.monotonic()
        while not await condition():
            assert self.clock.monotonic() - begun <= within, "it took too long"
            await self.clock.advance(0.25)
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

    def holds(self, quantity: int) -> Callable[[], Awaitable[bool]]:
        """Whether so much of Apple is held."""

        async def asked() -> bool:
            return await self.held() == quantity

        return asked


async def no_record(record: CallRecord) -> None:
    """Calls are audited elsewhere."""


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
        urls = {
            "trading": box.alpaca.paper.url,
            "stream": box.alpaca.paper.socket_url,
            "data": box.alpaca.market.url,
            "data_stream": box.alpaca.market_stream.socket_url,
        }
        endpoints = {"alpaca": {Environment.PAPER: urls}}
        lines = Lines(plugins(), house.connections.credentials, no_record, clock, endpoints)
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


@pytest.fixture
async def street(file_url: str) -> AsyncIterator[Street]:
    """At work."""
    async with at_work(file_url) as street:
        yield street


async def test_a_fill_reaches_orders_at_once_and_holdings_within_a_second(street: Street) -> None:
    street.trade(5)
    await street.comes_true(street.is_filled, within=1)
    await street.comes_true(street.holds(5), within=2)


async def test_without_a_stream_all_stays_current_and_when_it_is_back_nothing_comes_twice(
    street: Street,
) -> None:
    await street.box.inflict("error", path="/stream", count=0, status=503)
    cut_at = street.clock.now()
    await street.box.inflict("cut_streams")
    await street.comes_true(street.is_in(ConnectionState.DEGRADED), within=1)
    health = (await street.connection()).health
    assert health.reach is Reach.WRITABLE
    assert cut_at <= health.since <= street.clock.now()
    street.trade(5)
    await street.comes_true(street.is_filled, within=POLL)
    await street.comes_true(street.holds(5), within=POLL)
    told = await street.told()
    street.box.faults.clear()
    await street.comes_true(street.is_in(ConnectionState.ACTIVE), within=70)
    looks = street.looks
    await street.clock.advance(60)
    assert street.looks == looks
    assert await street.told() == told


async def test_while_an_order_is_open_a_lost_stream_is_made_up_for_in_three_seconds(
    street: Street,
) -> None:
    order = street.trade(5, limit="1")
    await street.comes_true(street.is_known(order.id), within=2)
    await street.box.inflict("error", path="/stream", count=0, status=503)
    await street.box.inflict("cut_streams")
    await street.comes_true(street.is_in(ConnectionState.DEGRADED), within=1)
    await street.clock.advance(7)
    await street.box.inflict("fill", id=order.id)
    await street.comes_true(street.is_filled, within=POLL_OPEN)


async def test_repeated_and_reordered_frames_change_nothing_about_what_is_told(
    street: Street,
) -> None:
    await street.box.inflict("partial_fills", symbol="AAPL", quantity=1)
    for kind in ("duplicate_frame", "reorder_frame", "duplicate_frame", "reorder_frame"):
        await street.box.inflict(kind, method="FRAME", path="/stream")
    street.trade(6)
    for _ in range(6):
        street.box.tick()
    await street.comes_true(street.is_filled, within=5)
    await street.comes_true(street.holds(6), within=5)
    executed = [execution for event in await street.events() for execution in event.executions]
    assert len({execution.execution_id for execution in executed}) == len(executed)
    quiet = await street.told()
    await street.clock.advance(30)
    assert await street.told() == quiet


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("refused", {}, ErrorCode.INSUFFICIENT_FUNDS),
        ("rate_limited", {"retry_after": 20}, ErrorCode.RATE_LIMITED),
        ("error", {"status": 500}, ErrorCode.BROKER_UNREACHABLE),
    ],
)
async def test_a_read_that_fails_degrades_the_connection_and_it_heals(
    street: Street, kind: str, fields: Mapping[str, object], code: ErrorCode
) -> None:
    await street.box.inflict(kind, method="GET", path="/v2/positions", count=0, **fields)
    await street.box.inflict("cut_streams")
    await street.comes_true(street.is_stale(Resource.POSITIONS), within=30)
    health = (await street.connection()).health
    assert (health.state, health.reach) == (ConnectionState.DEGRADED, Reach.CONNECTED)
    assert health.fault
    assert health.fault.code is code
    failing = await street.freshness(Resource.POSITIONS)
    assert failing.error is code
    assert failing.succeeded_at is not None
    street.box.faults.clear()
    await street.comes_true(street.is_in(ConnectionState.ACTIVE), within=90)
    assert (await street.freshness(Resource.POSITIONS)).status is SyncStatus.OK


async def test_an_outage_of_thirty_seconds_is_seen_and_heals(street: Street) -> None:
    await street.box.inflict("outage")
    await street.comes_true(street.is_in(ConnectionState.DEGRADED), within=5)
    await street.comes_true(street.has_reach(Reach.DOWN), within=30)
    await street.clock.advance(30)
    street.trade(5)
    await street.box.inflict("restore")
    await street.comes_true(street.holds(5), within=POLL)
    await street.comes_true(street.is_in(ConnectionState.ACTIVE), within=70)


async def test_a_server_that_restarts_loses_nothing(street: Street) -> None:
    await street.box.inflict("restart")
    street.trade(5)
    await street.comes_true(street.holds(5), within=POLL)
    await street.comes_true(street.is_in(ConnectionState.ACTIVE), within=10)


async def test_keys_that_are_revoked_ask_for_new_ones_and_new_ones_heal(street: Street) -> None:
    await street.box.inflict("revoke", id=sandbox.PAPER_KEY)
    await street.comes_true(street.is_in(ConnectionState.REAUTH_REQUIRED), within=20)
    assert street.box.streams == []
    street.box.alpaca.account("PKANOTHER", "another-secret")
    link = await street.connection()
    await street.house.connections.reseal(
        USER, link.id, {"key_id": "PKANOTHER", "secret": "another-secret"}
    )
    await street.comes_true(street.is_in(ConnectionState.ACTIVE), within=5)
