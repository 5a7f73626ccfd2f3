"""A signed-in line to Coinbase."""

import dataclasses
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime

from brokers.coinbase import errors, parse, transactions
from brokers.coinbase.capabilities import FIND_HORIZON
from brokers.coinbase.client import Client
from brokers.coinbase.fills import Fills
from brokers.coinbase.hearing import Hearing
from brokers.coinbase.listing import Listing
from brokers.coinbase.orders import Heard, placed
from brokers.coinbase.pages import every
from brokers.coinbase.previews import previewed
from brokers.coinbase.prices import Prices
from brokers.coinbase.tickets import edit, placement, preview
from brokers.contract import Found, Opening
from brokers.outcomes import Duplicate, adopted
from brokers.wire import Row
from domain.account import AccountReport
from domain.equity import EquityPoint
from domain.errors import ErrorCode, NotPermitted, OutcomeUnknown
from domain.events import Snapshot, StreamEvent
from domain.facts import OrderReport, Source, Stamp
from domain.holding import Mark
from domain.instrument import AssetClass, Instrument
from domain.order import OrderStatus, Terms
from domain.preview import Preview
from domain.ticket import Ticket
from domain.ticket_options import Increments
from domain.transaction import TransactionPage

_PAGE = ("limit", "250")


class Line:
    """One key at Coinbase, which is bound to one portfolio; a `Broker`."""

    def __init__(self, opening: Opening) -> None:
        self._clock, self._client = opening.clock, Client(opening)
        self._listing = Listing(self._client, Fills(), opening.clock)
        self._hearing = Hearing(self._client, self._listing, opening.clock)
        self._prices = Prices(self._client, opening.clock)
        self._number: str | None = None

    async def accounts(self) -> Sequence[AccountReport]:
        """The portfolio that the key is bound to, with what the key may do."""
        report = parse.account(await self._client.read("permissions", "/key_permissions"))
        self._number = report.number
        return (report,)

    async def snapshot(self, account: str) -> Snapshot:
        """The key, its wallets, its portfolio and its orders, asked for in this order."""
        started_at = self._clock.now()
        (report,) = await self.accounts()
        if report.number != account:
            raise NotPermitted("this key opens another account", code=ErrorCode.DIFFERENT_ACCOUNT)
        wallets = await every(self._client, "accounts", "/accounts", "accounts", (_PAGE,))
        breakdown = await self._breakdown(account)
        holdings = parse.holdings(wallets, breakdown)
        return Snapshot(
            account=report,
            started_at=started_at,
            balances=parse.balances(wallets),
            valuation=parse.valuation(breakdown, wallets, started_at),
            holdings=holdings,
            orders=await self._listing.orders(account),
            marks=parse.marks(breakdown, holdings, started_at),
        )

    async def transactions(
        self, account: str, since: datetime | None, token: str | None = None
    ) -> TransactionPage:
        """The account's fills; nothing else is told."""
        return await transactions.read(self._client, since, token)

    async def history(self, account: str, since: date | None) -> Sequence[EquityPoint]:
        """Coinbase tells of no day gone by."""
        return ()

    async def preview(self, ticket: Ticket) -> Preview | None:
        """What Coinbase works out, with what it would refuse the order for."""
        body = await self._client.ask("preview", "/orders/preview", preview(ticket))
        return previewed(body, ticket, self._clock.now())

    async def place(self, ticket: Ticket) -> OrderReport:
        """POST once; if the id is taken an earlier sending arrived, and it is that order."""
        answer = await self._client.send("place", "/orders", placement(ticket))
        try:
            _expect_success(answer)
        except Duplicate:
            return await adopted("Coinbase", self.find(ticket.account, ticket.client_order_id))
        heard = Heard(account=ticket.account, source=Source.REPLY, at=self._clock.now())
        return placed(ticket, _order_id(answer, ticket.client_order_id), heard)

    async def replace(self, order: OrderReport, terms: Terms, client_order_id: str) -> OrderReport:
        """POST once; the order keeps its id, and the one that we gave it as well."""
        answer = await self._client.send("replace", "/orders/edit", edit(order, terms))
        _expect_success(answer)
        return dataclasses.replace(
            order,
            client_order_id=None,
            status=OrderStatus.PENDING_REPLACE,
            raw_status="",
            stamp=Stamp(time=None, source=Source.REPLY, arrival=self._clock.now()),
        )

    async def cancel(self, order: OrderReport) -> None:
        """POST once; there is a result for each order."""
        body = {"order_ids": [order.broker_order_id]}
        answer = await self._client.send("cancel", "/orders/batch_cancel", body, cancels=True)
        results = [
            row for row in answer.rows("results") if row.text("order_id") == order.broker_order_id
        ]
        if not results or not results[0].has("success"):
            raise OutcomeUnknown("Coinbase's answer to a cancel says neither yes nor no")
        if not results[0].flag("success"):
            raise errors.cancel_refusal(results[0].text("failure_reason"))

    async def find(self, account: str, client_order_id: str) -> Found:
        """Among the orders of the last day: there is no way to ask for it by our id."""
        since = self._clock.now() - FIND_HORIZON
        return Found(report=await self._listing.find(account, client_order_id, since))

    async def order(self, account: str, broker_order_id: str) -> OrderReport:
        """One order by Coinbase's id."""
        return await self._listing.order(account, broker_order_id)

    async def increments(self, instrument: Instrument) -> Increments:
        """From the product."""
        return await self._prices.products.increments(instrument)

    async def instruments(
        self, search: str, asset_class: AssetClass | None
    ) -> Sequence[Instrument]:
        """From the list of products."""
        return await self._prices.products.search(search, asset_class)

    async def quotes(self, instruments: Sequence[Instrument]) -> Sequence[Mark]:
        """The middle of the best bid and ask."""
        return await self._prices.quotes(instruments)

    def follow(self, instruments: frozenset[Instrument]) -> None:
        """Set what `marks` is to bring."""
        self._prices.follow(instruments)

    async def events(self) -> AsyncIterator[StreamEvent]:
        """The user channel."""
        account = self._number or (await self.accounts())[0].number
        async for event in self._hearing.events(account):
            yield event

    def marks(self) -> AsyncIterator[Mark]:
        """The ticker channel."""
        return self._prices.marks()

    @property
    def expires_at(self) -> datetime | None:
        """A key ends when somebody deletes it."""
        return None

    async def revoke(self) -> None:
        """Keys are deleted on Coinbase's site, not from here."""

    async def aclose(self) -> None:
        """Let go of every socket."""
        await self._client.aclose()

    async def _breakdown(self, account: str) -> Row:
        query = [("currency", parse.DOLLARS)]
        body = await self._client.read(
            "portfolio", "/portfolios/{portfolio}", query, portfolio=account
        )
        return body.need_row("breakdown")


def _expect_success(answer: Row) -> None:
    """Nothing if it says so; the refusal if it says no, which it does with HTTP 200."""
    if answer.flag("success"):
        return
    if answer.has("success"):
        raise errors.order_refusal(answer)
    raise OutcomeUnknown("Coinbase's answer says neither yes nor no")


def _order_id(answer: Row, client_order_id: str) -> str:
    """The id of the order that was taken; older answers have it outside."""
    told = answer.row("success_response") or answer
    order_id = told.text("order_id") or answer.text("order_id")
    if order_id is None:
        raise OutcomeUnknown("Coinbase's answer to an order names none")
    if told.text("client_order_id") not in {None, client_order_id}:
        raise OutcomeUnknown("Coinbase answered about another order")
    return order_id
