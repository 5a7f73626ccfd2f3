"""A store in memory that writes down what it is told."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from domain.account import Environment
from domain.changes import Change, ChangeKind
from domain.clock import Clock
from domain.connection import (
    Connection,
    ConnectionState,
    Freshness,
    Health,
    Permission,
    Reach,
)
from domain.drift import Drift
from domain.equity import EquityPoint, EquityTold
from domain.events import Event, Snapshot
from domain.facts import OrderReport
from domain.ids import AccountId, ConnectionId, OrderId, UserId
from domain.order import ExecType, Order, OrderEvent, Origin
from domain.sync import SyncResult, SyncRun
from domain.transaction import Reading, TransactionsRead
from store.ledger import Recorded
from streaming.hub import Hub
from streaming.marks import Marks
from streaming.ports import Ports
from tests.clock import START
from tests.streaming.broker import ScriptedBroker
from tests.streaming.journal import ListJournal


def connection(
    *, state: ConnectionState = ConnectionState.ACTIVE, sync_every: timedelta | None = None
) -> Connection:
    """A connection that trades on paper."""
    return Connection(
        id=ConnectionId("line"),
        user_id=UserId("ada"),
        broker="scripted",
        environment=Environment.PAPER,
        label="Paper",
        permission=Permission.TRADE,
        enabled=True,
        health=Health(state=state, reach=Reach.WRITABLE, since=START),
        created_at=START,
        sync_every=sync_every,
    )


class Bench:
    """All ports of a feed: the store writes into lists."""

    def __init__(self, clock: Clock) -> None:
        self.broker = ScriptedBroker(clock)
        self.healths: list[Health] = []
        self.recorded: list[Event] = []
        self.readings: dict[str, Reading] = {}
        self.worth: list[EquityPoint] = []
        self.next_recorded: list[Recorded | Exception] = []
        # Orders that are written down are committed once it is set.
        self.committing = asyncio.Event()
        self.committing.set()
        self.drifts: list[Drift] = []
        self.connections = [connection()]
        self.opens, self.closes = 0, 0
        self.refuses: Exception | None = None
        self.unread: Exception | None = None
        self.unwritten: Exception | None = None
        self.journal = ListJournal()
        self.hub, self.marks = Hub(self.journal, clock), Marks()
        self.ports = Ports(
            lines=self,
            ledger=self,
            connections=self,
            hub=self.hub,
            marks=self.marks,
            clock=clock,
        )

    @property
    def now(self) -> Connection:
        """The connection as it is kept."""
        return self.connections[0]

    async def open(self, connection: Connection) -> ScriptedBroker:
        """The scripted broker."""
        self.opens += 1
        if self.refuses:
            raise self.refuses
        return self.broker

    async def close(self, connection: ConnectionId) -> None:
        """Count."""
        self.closes += 1

    async def record(self, user: UserId, connection: ConnectionId, event: Event) -> Recorded:
        """Write it down; answer as told, else that a snapshot is no news and an order is."""
        self.recorded.append(event)
        if isinstance(event, TransactionsRead):
            self.readings[event.account] = event.reading
            return Recorded(account_id=AccountId("account"))
        if isinstance(event, EquityTold):
            self.worth += event.points
            return Recorded(account_id=AccountId("account"))
        if self.next_recorded:
            became = self.next_recorded.pop(0)
            if isinstance(became, Exception):
                raise became
            return became
        if isinstance(event, Snapshot):
            return Recorded(
                account_id=AccountId("account"), valuation=event.valuation, marks=event.marks
            )
        await self.committing.wait()
        return Recorded(account_id=AccountId("account"), changes=(change_of(event),))

    async def drifted(self, user: UserId, connection: ConnectionId, found: Sequence[Drift]) -> None:
        """Write it down."""
        self.drifts += found

    async def newest_equity(self, connection: ConnectionId, number: str) -> datetime | None:
        """As it was last recorded."""
        return max((point.at for point in self.worth), default=None)

    async def reading(self, connection: ConnectionId, number: str) -> Reading | None:
        """As it was last recorded."""
        return self.readings.get(number, Reading())

    async def every(self) -> Sequence[Connection]:
        """The connections that are enabled, unless the database is `unread`."""
        if self.unread:
            raise self.unread
        return [each for each in self.connections if each.enabled]

    async def set_health(
        self,
        user: UserId,
        connection: ConnectionId,
        health: Health,
        *,
        expires_at: datetime | None,
    ) -> Connection:
        """Keep it."""
        self.healths.append(health)
        self.connections[0] = replace(self.now, health=health, expires_at=expires_at)
        return self.now

    async def set_freshness(
        self, user: UserId, connection: ConnectionId, freshness: Sequence[Freshness]
    ) -> Connection:
        """Keep it, unless it is to stay `unwritten`."""
        if self.unwritten:
            raise self.unwritten
        self.connections[0] = replace(self.now, freshness=tuple(freshness))
        return self.now


def change_of(report: OrderReport) -> Change:
    """What the journal says of a report."""
    order = Order(
        id=OrderId(report.broker_order_id),
        account_id=AccountId("account"),
        connection_id=ConnectionId("line"),
        broker_order_id=report.broker_order_id,
        client_order_id=None,
        instrument=report.instrument,
        terms=report.terms,
        status=report.status,
        raw_status=report.raw_status,
        working=None,
        filled_quantity=report.filled_quantity,
        average_price=None,
        origin=Origin.ELSEWHERE,
        submitted_at=None,
        updated_at=START,
    )
    return Change(
        user_id=UserId("ada"),
        revision=1,
        kind=ChangeKind.ORDER,
        at=START,
        value=OrderEvent(
            order=order,
            exec_type=ExecType.TRADE if report.execution else ExecType.ORDER_STATUS,
            at=START,
        ),
        connection_id=ConnectionId("line"),
        account_id=AccountId("account"),
    )


class ListRuns:
    """Sync runs in memory."""

    def __init__(self) -> None:
        self.asked: list[SyncRun] = []
        self.started: list[str] = []
        self.finished: dict[str, Sequence[SyncResult]] = {}

    def ask(self, key: str, connection: str = "line") -> None:
        """A person asks for a sync."""
        run = SyncRun(
            id=key,
            user_id=UserId("ada"),
            connection_id=ConnectionId(connection),
            requested_at=START,
        )
        self.asked.append(run)

    async def pending(self) -> Sequence[SyncRun]:
        """Those that are not finished."""
        return [run for run in self.asked if run.id not in self.finished]

    async def start(self, run: SyncRun) -> None:
        """Remember it."""
        self.started.append(run.id)

    async def finish(self, run: SyncRun, results: Sequence[SyncResult]) -> None:
        """Remember it."""
        self.finished[run.id] = results
