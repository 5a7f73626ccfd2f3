"""A signed-in line to a Gateway."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from brokers.contract import Found, Opening
from brokers.ibkr import parse
from brokers.ibkr.book import Book
from brokers.ibkr.books import Books
from brokers.ibkr.catalog import Catalog
from brokers.ibkr.contracts import held_as
from brokers.ibkr.feed import Feed
from brokers.ibkr.hours import next_sign_in
from brokers.ibkr.house import House
from brokers.ibkr.link import Link
from brokers.ibkr.listing import Listing
from brokers.ibkr.prices import Prices
from brokers.ibkr.trader import Trader
from domain.account import AccountReport
from domain.equity import EquityPoint
from domain.errors import BrokerError
from domain.events import Snapshot, StreamEvent
from domain.facts import OrderReport
from domain.holding import Mark
from domain.instrument import AssetClass, Instrument
from domain.order import Terms
from domain.preview import Preview
from domain.ticket import Ticket
from domain.ticket_options import Increments
from domain.transaction import TransactionPage


class Line:
    """One client of a Gateway, which may reach several accounts; a `Broker`."""

    def __init__(self, opening: Opening) -> None:
        self._clock = opening.clock
        self._book = Book(opening.clock, lambda: self._link.client_id)
        self._feed = Feed(opening.clock, self._book)
        self._link = Link(opening, self._feed.hear, self._fell)
        self._catalog = Catalog(self._link)
        self._listing = Listing(self._link, self._book, self._catalog)
        self._house = House(self._link, self._feed, opening)
        self._prices = Prices(self._link, self._catalog, opening.clock)
        self._trader = Trader(self._link, self._book, self._catalog, self._listing)
        self._books = Books(opening, self._listing)

    async def accounts(self) -> Sequence[AccountReport]:
        """All that the Gateway's login manages, or the one that was asked for."""
        return [parse.account(await self._house.figures(one)) for one in await self._house.own()]

    async def snapshot(self, account: str) -> Snapshot:
        """Figures, positions, their worth and orders, asked for in this order."""
        started_at = self._clock.now()
        await self._house.check(account)
        figures = await self._house.figures(account)
        held = [one for one in await self._house.positions(account) if one.quantity]
        instruments = [held_as(await self._catalog.instrument(one.contract)) for one in held]
        numbers = [one.contract.con_id for one in held]
        orders = await self._listing.reports(account)
        marks = await self._prices.value(
            account, list(zip(numbers, instruments, strict=True)), self._book.has_fills
        )
        # A read that was asked again may have met another login, to which nothing of it belongs.
        await self._house.check(account)
        return Snapshot(
            account=parse.account(figures),
            started_at=started_at,
            balances=parse.balances(figures),
            valuation=parse.valuation(figures, started_at),
            holdings=tuple(map(parse.holding, held, instruments)),
            orders=orders,
            marks=(*marks, *parse.rates(figures, started_at)),
        )

    async def transactions(
        self, account: str, since: datetime | None, token: str | None = None
    ) -> TransactionPage:
        """By the Flex Web Service if it was set up, else the fills of the day."""
        return await self._books.transactions(account, since)

    async def history(self, account: str, since: date | None) -> Sequence[EquityPoint]:
        """By the Flex Web Service if its query has it; a Gateway does not tell."""
        return await self._books.history(account, since)

    async def preview(self, ticket: Ticket) -> Preview | None:
        """A what-if."""
        await self._house.check(ticket.account)
        return await self._trader.preview(ticket)

    async def place(self, ticket: Ticket) -> OrderReport:
        """Send once, to one account by name."""
        await self._house.check(ticket.account)
        return await self._trader.place(ticket)

    async def replace(self, order: OrderReport, terms: Terms, client_order_id: str) -> OrderReport:
        """Change it in place once."""
        return await self._trader.replace(order, terms, client_order_id)

    async def cancel(self, order: OrderReport) -> None:
        """Ask once."""
        await self._trader.cancel(order)

    async def find(self, account: str, client_order_id: str) -> Found:
        """By our id in all that the Gateway lists, which is the day and no more."""
        return Found(report=await self._listing.find(account, client_order_id))

    async def order(self, account: str, broker_order_id: str) -> OrderReport:
        """One order by its permId."""
        return await self._listing.one(account, broker_order_id)

    async def increments(self, instrument: Instrument) -> Increments:
        """From the contract's details."""
        details = await self._catalog.details(instrument)
        return Increments(
            tradable=instrument.asset_class is not AssetClass.INDEX,
            tick=details.min_tick,
            lot=details.size_increment or Decimal(1),
            minimum=details.min_size,
        )

    async def instruments(
        self, search: str, asset_class: AssetClass | None
    ) -> Sequence[Instrument]:
        """From Interactive Brokers' contracts."""
        return await self._catalog.search(search, asset_class)

    async def quotes(self, instruments: Sequence[Instrument]) -> Sequence[Mark]:
        """Market data where it was bought, else delayed; of what is held, what it is worth."""
        return await self._prices.quotes(instruments)

    def follow(self, instruments: frozenset[Instrument]) -> None:
        """Set what `marks` is to bring besides positions."""
        self._prices.follow(instruments)

    async def events(self) -> AsyncIterator[StreamEvent]:
        """All that the Gateway pushes."""
        async for event in self._feed.events(self._link, self._listing):
            yield event

    def marks(self) -> AsyncIterator[Mark]:
        """Live worth of positions, and market data of the rest."""
        return self._prices.marks()

    @property
    def expires_at(self) -> datetime | None:
        """When somebody has to sign in to the Gateway again, with the second factor."""
        return next_sign_in(self._clock.now())

    async def revoke(self) -> None:
        """There is nothing to give back: the Gateway's login is its owner's."""

    async def aclose(self) -> None:
        """Let go of the socket."""
        await self._link.aclose()
        await self._books.aclose()

    def _fell(self, error: BrokerError) -> None:
        self._feed.fell(error)
        self._house.forget()
        self._prices.forget()
