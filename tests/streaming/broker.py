"""A broker that does as it is told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NoReturn

from brokers.contract import Found
from domain.account import AccountReport
from domain.capabilities import Capabilities, PreviewBy, Pushed, Rate, Replacing
from domain.clock import Clock
from domain.equity import EquityPoint
from domain.errors import CredentialsRejected, OrderNotFound
from domain.events import Alive, Snapshot, StreamEvent
from domain.facts import OrderReport
from domain.holding import Mark
from domain.instrument import AssetClass, Instrument
from domain.order import Terms
from domain.ticket import Ticket
from domain.ticket_options import Increments
from domain.transaction import TransactionPage
from tests.streaming.samples import snapshot

PUSHED = frozenset({Pushed.ORDERS, Pushed.MARKS})


def capabilities(pushes: frozenset[Pushed] = PUSHED, *, market_hours: bool = False) -> Capabilities:
    """The usual intervals: 3 s, 15 s, 5 min."""
    return Capabilities(
        trades={},
        preview=PreviewBy.ESTIMATED,
        replacing=Replacing.NONE,
        pushes=pushes,
        rate=Rate(calls=200, per=timedelta(minutes=1)),
        market_hours_only=market_hours,
    )


class ScriptedBroker:
    """Answers with `says`, raises `ails` if set, streams what is put in the queues."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.says: Snapshot = snapshot()
        self.orders: dict[str, OrderReport] = {}
        self.ails: Exception | None = None
        self.stream_ails: Exception | None = None
        self.ends: datetime | None = None
        self.stream: asyncio.Queue[StreamEvent | Exception] = asyncio.Queue()
        self.prices: asyncio.Queue[Mark | Exception] = asyncio.Queue()
        self.syncs, self.looks, self.streams = 0, 0, 0
        self.asked: list[str] = []
        self.followed: frozenset[Instrument] = frozenset()
        self.books: dict[str | None, TransactionPage] = {None: TransactionPage(transactions=())}
        self.books_ail: Exception | None = None
        self.past: list[EquityPoint] = []
        self.histories_asked: list[date | None] = []
        self.pages_asked: list[tuple[datetime | None, str | None]] = []

    async def accounts(self) -> Sequence[AccountReport]:
        """The one account."""
        if self.ails:
            raise self.ails
        self.syncs += 1
        return [self.says.account]

    async def snapshot(self, account: str) -> Snapshot:
        """What it says, as of now."""
        if self.ails:
            raise self.ails
        if account != self.says.account.number:
            raise CredentialsRejected("no account of this sign-in")
        self.looks += 1
        return replace(self.says, started_at=self._clock.now())

    async def order(self, account: str, broker_order_id: str) -> OrderReport:
        """An order that it was given."""
        self.asked.append(broker_order_id)
        if broker_order_id not in self.orders:
            raise OrderNotFound("no such order")
        return self.orders[broker_order_id]

    def follow(self, instruments: frozenset[Instrument]) -> None:
        """Remember it."""
        self.followed = instruments

    async def events(self) -> AsyncIterator[StreamEvent]:
        """Alive at once, then what is in the queue."""
        self.streams += 1
        if self.stream_ails:
            raise self.stream_ails
        yield Alive(at=self._clock.now())
        while True:
            item = await self.stream.get()
            if isinstance(item, Exception):
                raise item
            yield item

    async def marks(self) -> AsyncIterator[Mark]:
        """What is in the queue."""
        while True:
            item = await self.prices.get()
            if isinstance(item, Exception):
                raise item
            yield item

    async def transactions(
        self, account: str, since: datetime | None, token: str | None = None
    ) -> TransactionPage:
        """The page of this token; its books may ail by themselves."""
        self.pages_asked.append((since, token))
        if self.books_ail:
            raise self.books_ail
        return self.books[token]

    async def history(self, account: str, since: date | None) -> Sequence[EquityPoint]:
        """Those of its past from then on."""
        self.histories_asked.append(since)
        if self.books_ail:
            raise self.books_ail
        return self.past

    @property
    def expires_at(self) -> datetime | None:
        """When it was told to end."""
        return self.ends

    async def preview(self, ticket: Ticket) -> None:
        """Nothing."""

    async def place(self, ticket: Ticket) -> NoReturn:
        """Feeds never trade."""
        raise AssertionError

    async def replace(self, order: OrderReport, terms: Terms, client_order_id: str) -> NoReturn:
        """Feeds never trade."""
        raise AssertionError

    async def cancel(self, order: OrderReport) -> NoReturn:
        """Feeds never trade."""
        raise AssertionError

    async def find(self, account: str, client_order_id: str) -> Found:
        """Feeds do not look for orders by our ids."""
        raise AssertionError

    async def increments(self, instrument: Instrument) -> Increments:
        """Feeds order nothing."""
        raise AssertionError

    async def instruments(
        self, search: str, asset_class: AssetClass | None
    ) -> Sequence[Instrument]:
        """Feeds search for nothing."""
        raise AssertionError

    async def quotes(self, instruments: Sequence[Instrument]) -> Sequence[Mark]:
        """Feeds do not ask for quotes."""
        raise AssertionError

    async def revoke(self) -> None:
        """Feeds do not sign out."""
        raise AssertionError

    async def aclose(self) -> None:
        """Nothing to let go of."""
