"""A signed-in line to Alpaca."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from brokers.alpaca import activities, history, parse
from brokers.alpaca.assets import Assets
from brokers.alpaca.client import Client
from brokers.alpaca.fills import Fills
from brokers.alpaca.listing import Listing
from brokers.alpaca.orders import Heard, placement, replacement, reports
from brokers.alpaca.prices import Prices
from brokers.alpaca.stream import reports_of, trade_updates
from brokers.alpaca.symbols import symbol_of
from brokers.contract import Found, Opening
from brokers.outcomes import Duplicate, adopted, perhaps_done
from brokers.wire import Row, rows
from domain.account import AccountReport
from domain.equity import EquityPoint
from domain.errors import ErrorCode, NotPermitted, OrderNotFound, OutcomeUnknown
from domain.events import Alive, Snapshot, StreamEvent
from domain.facts import OrderReport, Source
from domain.holding import Mark
from domain.instrument import AssetClass, Instrument
from domain.order import Terms
from domain.preview import Preview
from domain.ticket import Ticket
from domain.ticket_options import Increments
from domain.transaction import TransactionPage


class Line:
    """One sign-in at Alpaca, which reaches one account; a `Broker`."""

    def __init__(self, opening: Opening) -> None:
        self._clock, self._client = opening.clock, Client(opening)
        self._fills = Fills()
        self._listing = Listing(self._client, self._fills, opening.clock)
        self._prices = opening.prices or Prices(self._client, opening.clock)
        self._assets = Assets(self._client, opening.clock)
        self._number: str | None = None
        self._currency = "USD"

    async def accounts(self) -> Sequence[AccountReport]:
        """The one account."""
        return (parse.account(await self._account()),)

    async def snapshot(self, account: str) -> Snapshot:
        """Account, positions, open and recent orders, asked for in this order."""
        started_at = self._clock.now()
        row = await self._account()
        report = parse.account(row)
        if report.number != account:
            raise NotPermitted("these keys open another account", code=ErrorCode.DIFFERENT_ACCOUNT)
        positions = rows(await self._client.read("positions", "/v2/positions"), "the positions")
        marks = (parse.mark(position, report.currency, started_at) for position in positions)
        return Snapshot(
            account=report,
            started_at=started_at,
            balances=parse.balances(row),
            valuation=parse.valuation(row, started_at),
            holdings=tuple(parse.holding(position, report.currency) for position in positions),
            orders=await self._listing.orders(account),
            marks=tuple(mark for mark in marks if mark is not None),
        )

    async def transactions(
        self, account: str, since: datetime | None, token: str | None = None
    ) -> TransactionPage:
        """The account's activities of every type, in the order of their days."""
        return await activities.read(self._client, since, token)

    async def history(self, account: str, since: date | None) -> Sequence[EquityPoint]:
        """The account's equity at the end of each trading day."""
        return await history.read(self._client, self._currency, since)

    async def preview(self, ticket: Ticket) -> Preview | None:
        """Alpaca works nothing out beforehand."""
        return None

    async def place(self, ticket: Ticket) -> OrderReport:
        """POST once; if the id is taken an earlier sending arrived, and it is that order."""
        try:
            body = await self._client.send("place", "POST", "/v2/orders", placement(ticket))
        except Duplicate:
            return await adopted("Alpaca", self.find(ticket.account, ticket.client_order_id))
        return self._reply(body, ticket.account, ticket.client_order_id)

    async def replace(self, order: OrderReport, terms: Terms, client_order_id: str) -> OrderReport:
        """PATCH once; the answer is a new order, which may yet fail to take the old one's place."""
        body = replacement(order.terms, terms, client_order_id)
        try:
            answer = await self._client.send(
                "replace", "PATCH", "/v2/orders/{order_id}", body, order_id=order.broker_order_id
            )
        except Duplicate:
            return await adopted("Alpaca", self.find(order.account, client_order_id))
        report = self._reply(answer, order.account, client_order_id)
        return replace(report, replaces=report.replaces or order.broker_order_id)

    async def cancel(self, order: OrderReport) -> None:
        """DELETE once."""
        await self._client.delete("cancel", "/v2/orders/{order_id}", order_id=order.broker_order_id)

    async def find(self, account: str, client_order_id: str) -> Found:
        """By our id, which Alpaca keeps for ever; an order may still be on its way to it."""
        params = {"client_order_id": client_order_id}
        try:
            body = await self._client.read("find", "/v2/orders:by_client_order_id", params)
        except OrderNotFound:
            return Found(report=None)
        return Found(report=self._report(body, account, Source.POLL))

    async def order(self, account: str, broker_order_id: str) -> OrderReport:
        """One order by Alpaca's id."""
        return await self._listing.order(account, broker_order_id)

    async def increments(self, instrument: Instrument) -> Increments:
        """From Alpaca's list of assets; options are not in it, and trade in whole contracts."""
        if instrument.asset_class is AssetClass.OPTION:
            return Increments(fractional=False, lot=Decimal(1), minimum=Decimal(1))
        symbol = symbol_of(instrument)
        body = await self._client.read("asset", "/v2/assets/{symbol}", symbol=symbol)
        return parse.increments(Row(body, "the asset"))

    async def instruments(
        self, search: str, asset_class: AssetClass | None
    ) -> Sequence[Instrument]:
        """From Alpaca's list of assets, or the contracts on an underlying."""
        return await self._assets.search(search, asset_class)

    async def quotes(self, instruments: Sequence[Instrument]) -> Sequence[Mark]:
        """Latest prices; IEX for stocks, indicative for options."""
        return await self._prices.quotes(instruments)

    def follow(self, instruments: frozenset[Instrument]) -> None:
        """Set what `marks` is to bring."""
        self._prices.follow(instruments)

    async def events(self) -> AsyncIterator[StreamEvent]:
        """The trade_updates stream."""
        account = self._number or (await self.accounts())[0].number
        async for update in trade_updates(self._client):
            at = self._clock.now()
            yield Alive(at=at)
            if update is not None:
                heard = Heard(account=account, source=Source.STREAM, at=at)
                for report in reports_of(update, heard, self._fills):
                    yield report

    def marks(self) -> AsyncIterator[Mark]:
        """Streamed prices, and polled ones for what is not streamed."""
        return self._prices.marks()

    @property
    def expires_at(self) -> datetime | None:
        """Nothing is known to end it."""
        return None

    async def revoke(self) -> None:
        """Keys are taken back on Alpaca's site, not from here."""

    async def aclose(self) -> None:
        """Let go of every socket."""
        await self._client.aclose()

    async def _account(self) -> Row:
        row = Row(await self._client.read("account", "/v2/account"), "the account")
        report = parse.account(row)
        self._number, self._currency = report.number, report.currency
        return row

    def _reply(self, body: object, account: str, client_order_id: str) -> OrderReport:
        with perhaps_done():
            report = self._report(body, account, Source.REPLY)
        if report.client_order_id != client_order_id:
            raise OutcomeUnknown("Alpaca answered about another order")
        return report

    def _report(self, body: object, account: str, source: Source) -> OrderReport:
        heard = Heard(account=account, source=source, at=self._clock.now())
        return next(reports(Row(body, "the order"), heard))
