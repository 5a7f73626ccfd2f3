"""A signed-in line to E*TRADE."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from brokers.contract import Found, Opening
from brokers.etrade import accounts, portfolio, transactions
from brokers.etrade.attempts import Attempts
from brokers.etrade.client import Client
from brokers.etrade.listing import Listing
from brokers.etrade.lookup import Lookup
from brokers.etrade.placing import Placing
from brokers.etrade.prices import Prices
from domain.account import AccountReport
from domain.equity import EquityPoint
from domain.errors import OrderNotFound
from domain.events import Snapshot, StreamEvent
from domain.facts import OrderReport
from domain.holding import Mark
from domain.instrument import AssetClass, Instrument
from domain.order import Terms
from domain.preview import Preview
from domain.ticket import Ticket
from domain.ticket_options import Increments
from domain.transaction import TransactionPage

_BALANCE = "/v1/accounts/{key}/balance"


class Line:
    """One person's sign-in at E*TRADE, which reaches all of that person's accounts; a `Broker`."""

    def __init__(self, opening: Opening) -> None:
        self._clock, self._client = opening.clock, Client(opening)
        self._listing = Listing(self._client, opening.clock)
        self._attempts = Attempts()
        self._placing = Placing(self._client, self._listing, self._attempts, opening.clock)
        self._prices = Prices(self._client, opening.clock)
        self._lookup = Lookup(self._client)

    async def accounts(self) -> Sequence[AccountReport]:
        """All that are not closed."""
        return await self._listing.accounts()

    async def snapshot(self, account: str) -> Snapshot:
        """Balance, positions with their lots, orders, asked for in this order."""
        started_at = self._clock.now()
        report = await self._listing.report(account)
        params = {"instType": "BROKERAGE", "realTimeNAV": "true"}
        key = await self._listing.key(account)
        body = await self._client.read("balance", _BALANCE, params, key=key)
        balance = body.need_row("balanceResponse")
        positions = await self._listing.positions(account)
        marks = (portfolio.mark(row, started_at) for row in positions)
        orders = await self._listing.orders(account)
        self._attempts.saw(orders)
        return Snapshot(
            account=report,
            started_at=started_at,
            balances=accounts.balances(balance),
            valuation=accounts.valuation(balance, started_at),
            holdings=portfolio.holdings(positions),
            orders=orders,
            marks=tuple(mark for mark in marks if mark is not None),
        )

    async def transactions(
        self, account: str, since: datetime | None, token: str | None = None
    ) -> TransactionPage:
        """What was booked, by days; two years of it at most."""
        key = await self._listing.key(account)
        return await transactions.read(self._client, key, since, token, self._clock.now())

    async def history(self, account: str, since: date | None) -> Sequence[EquityPoint]:
        """E*TRADE tells no history of what an account was worth."""
        return ()

    async def preview(self, ticket: Ticket) -> Preview | None:
        """E*TRADE's own reckoning."""
        return await self._placing.preview(ticket)

    async def place(self, ticket: Ticket) -> OrderReport:
        """Previewed, then placed once."""
        return await self._placing.place(ticket)

    async def replace(self, order: OrderReport, terms: Terms, client_order_id: str) -> OrderReport:
        """Previewed, then changed once; the answer is a new order in the place of the old one."""
        return await self._placing.change(order, terms, client_order_id)

    async def cancel(self, order: OrderReport) -> None:
        """Ask for a cancel once; one that is pending already is what was wanted."""
        await self._placing.cancel(order)

    async def find(self, account: str, client_order_id: str) -> Found:
        """By what this line sent, as E*TRADE does not tell our id back; absence proves nothing."""
        since = self._attempts.since(client_order_id)
        if since is None:
            return Found(report=None)
        listed = await self._listing.orders(account, since)
        report = self._attempts.match(client_order_id, listed)
        if report is None:
            return Found(report=None)
        self._attempts.became(client_order_id, report)
        return Found(report=replace(report, client_order_id=client_order_id))

    async def order(self, account: str, broker_order_id: str) -> OrderReport:
        """One order by E*TRADE's id; a part of a conditional one by the id that we gave it."""
        number = broker_order_id.partition("#")[0]
        for report in await self._listing.order(account, number):
            if report.broker_order_id == broker_order_id:
                return report
        raise OrderNotFound("E*TRADE has no such order")

    async def increments(self, instrument: Instrument) -> Increments:
        """E*TRADE tells no steps; that it is there is looked up."""
        return await self._lookup.increments(instrument)

    async def instruments(
        self, search: str, asset_class: AssetClass | None
    ) -> Sequence[Instrument]:
        """What is called so, or the next contracts on an underlying."""
        return await self._lookup.search(search, asset_class)

    async def quotes(self, instruments: Sequence[Instrument]) -> Sequence[Mark]:
        """The latest prices, by batches."""
        return await self._prices.quotes(instruments)

    def follow(self, instruments: frozenset[Instrument]) -> None:
        """Set what `marks` is to bring."""
        self._prices.follow(instruments)

    async def events(self) -> AsyncIterator[StreamEvent]:
        """E*TRADE pushes nothing."""
        nothing: tuple[StreamEvent, ...] = ()
        for event in nothing:
            yield event

    def marks(self) -> AsyncIterator[Mark]:
        """Prices asked for by turns; the token is kept from idling meanwhile."""
        return self._prices.marks()

    @property
    def expires_at(self) -> datetime | None:
        """Midnight in New York."""
        return self._client.session.expires_at

    async def revoke(self) -> None:
        """Give the token back."""
        await self._client.revoke()

    async def aclose(self) -> None:
        """Let go of every socket."""
        await self._client.aclose()
