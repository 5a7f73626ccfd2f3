"""Sending orders, changes and cancels once each, and hearing what became of them."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from brokers.gate import Call, Purpose
from brokers.ibkr import library, said, words
from brokers.ibkr.book import Book
from brokers.ibkr.catalog import Catalog, tradable
from brokers.ibkr.codes import CANCELED
from brokers.ibkr.contracts import route
from brokers.ibkr.known import Known
from brokers.ibkr.link import ANSWER, Link
from brokers.ibkr.listing import Listing
from brokers.ibkr.orders import Asked, batch, same
from brokers.ibkr.talk import Talk
from brokers.ibkr.what_if import is_whole, preview_of
from domain.errors import (
    BrokerError,
    InvalidTicket,
    NotPermitted,
    OutcomeUnknown,
    Unintelligible,
    Unreachable,
)
from domain.facts import OrderReport
from domain.order import Leg, OrderClass, Terms
from domain.preview import Preview
from domain.ticket import Ticket

# A first status may be followed by its refusal; in seconds.
_SECOND_THOUGHTS = 1.0
_WHAT_IF = 8.0


class Trader:
    """The orders of one client id."""

    def __init__(self, link: Link, book: Book, catalog: Catalog, listing: Listing) -> None:
        self._link, self._book, self._catalog, self._listing = link, book, catalog, listing

    async def place(self, ticket: Ticket) -> OrderReport:
        """Send once; OutcomeUnknown if no word of it came."""
        orders = batch(ticket)
        with _before_sending():
            contract = await self._contract(ticket)
        for one in orders:
            self._book.placed(one.ref, ticket.terms.order_class)

        def send(client: Any, number: int) -> None:
            for index, one in enumerate(orders):
                order_id = client.getReqId() if index else number
                client.placeOrder(order_id, contract, one.wire(number if one.of_first else 0))

        async with self._link.talk(_call("place", Purpose.TRADE), send) as talk:
            known = await self._heard(talk, "the order was sent", _accepted)
        return await self._report(known)

    async def replace(self, order: OrderReport, terms: Terms, ref: str) -> OrderReport:
        """Change it where it is; it keeps its number and takes our new id."""
        with _before_sending():
            known, was = await self._own(order)
            contract = await self._contract_of(known)
        asked = Asked(account=was.account, ref=ref, terms=terms, group=was.oca_group)
        self._book.placed(ref, order.terms.order_class)

        def send(client: Any, number: int) -> None:
            _check_own(was, client.clientId)
            client.placeOrder(number, contract, asked.wire(was.parent_id))

        def changed(word: said.Said) -> bool | None:
            return isinstance(word, said.OpenOrder) and same(word.order, terms)

        call = _call("replace", Purpose.TRADE)
        async with self._link.talk(call, send, key=was.order_id) as talk:
            known = await self._heard(talk, "the change was sent", changed)
        return replace(await self._report(known), client_order_id=ref)

    async def cancel(self, order: OrderReport) -> None:
        """Ask once; that it was canceled is told by a report."""
        with _before_sending():
            _, was = await self._own(order)

        def send(client: Any, number: int) -> None:
            _check_own(was, client.clientId)
            client.cancelOrder(number, "")

        call = _call("cancel", Purpose.CANCEL, "CANCEL_ORDER")
        async with self._link.talk(call, send, key=was.order_id) as talk:
            await self._heard(talk, "the cancel was sent", _canceling)

    async def preview(self, ticket: Ticket) -> Preview | None:
        """What the Gateway works out for an order that it does not carry out."""
        contract, asked = await self._contract(ticket), batch(ticket)[0]
        order = replace(asked, transmit=True, group="").wire(what_if=True)

        def send(client: Any, number: int) -> None:
            client.placeOrder(number, contract, order)

        latest: said.OpenOrder | None = None
        async with self._link.talk(_call("preview", Purpose.READ), send) as talk:
            try:
                async with asyncio.timeout(_WHAT_IF):
                    while latest is None or not is_whole(latest):
                        word = await talk.next()
                        latest = word if isinstance(word, said.OpenOrder) else latest
            except TimeoutError:
                pass  # figures that did not come are shown as not known
        return None if latest is None else preview_of(latest, ticket.instrument)

    async def _heard(
        self, talk: Talk, what: str, verdict: Callable[[said.Said], bool | None]
    ) -> Known:
        """The order once the verdict on some word is True; None gives it a second to change."""
        known: Known | None = None
        settled = False
        try:
            async with asyncio.timeout(ANSWER) as deadline:
                while True:
                    word = await talk.next()
                    judged = verdict(word)
                    known = self._listed(talk.id) or known
                    if known is not None and judged:
                        return known
                    if known is not None and judged is None and not settled:
                        settled = True
                        deadline.reschedule(asyncio.get_running_loop().time() + _SECOND_THOUGHTS)
        except TimeoutError:
            pass
        if known is None or not settled:
            raise OutcomeUnknown(f"{what} and no answer came back")
        return known

    def _listed(self, order_id: int) -> Known | None:
        """An order of ours once all of it was told; its status may come before its terms."""
        known = self._book.of_order(self._link.client_id, order_id)
        return known if known is not None and known.order and not known.guessed else None

    async def _report(self, known: Known) -> OrderReport:
        """What became of it: it has left, so nothing that fails now may say that it has not."""
        try:
            return next(iter(await self._listing.told(known)))
        except BrokerError as error:
            message = error.message
        raise OutcomeUnknown(message)

    async def _own(self, order: OrderReport) -> tuple[Known, said.Order]:
        known = await self._listing.routed(order.broker_order_id)
        was = known.order or said.Order()
        _check_own(was, self._link.client_id)
        return known, was

    async def _contract(self, ticket: Ticket) -> Any:
        if ticket.legs:
            return await self._combination(ticket.legs)
        if ticket.terms.order_class is OrderClass.MULTI_LEG:
            raise InvalidTicket("a combination needs its legs")
        return tradable(await self._catalog.details(ticket.instrument))

    async def _combination(self, legs: tuple[Leg, ...]) -> Any:
        if any(leg.ratio != int(leg.ratio) for leg in legs):
            raise InvalidTicket("the ratios of a combination are whole numbers")
        details = [await self._catalog.details(leg.instrument) for leg in legs]
        first = details[0].contract
        return _bag(
            replace(first, exchange=route(first)),
            [
                (one.contract, int(leg.ratio), leg.side.value)
                for one, leg in zip(details, legs, strict=True)
            ],
        )

    async def _contract_of(self, known: Known) -> Any:
        contract = known.contract or said.Contract()
        if contract.sec_type != "BAG":
            return tradable(said.Details(contract=contract))
        legs = [(await self._catalog.numbered(one.con_id), one) for one in contract.legs]
        told = [(found.contract, leg.ratio, leg.action) for found, leg in legs]
        return _bag(contract, told)


@contextmanager
def _before_sending() -> Iterator[None]:
    """What is looked up beforehand and fails: whatever was wrong with it, nothing has left."""
    try:
        yield
    except (OutcomeUnknown, Unintelligible) as error:
        failed = Unreachable(error.message)
    else:
        return
    raise failed


def _check_own(order: said.Order, client_id: int) -> None:
    """Each client's orders are its own, and its numbers mean others elsewhere."""
    if order.order_id <= 0 or order.client_id != client_id:
        raise NotPermitted(
            "this order was placed by another program, by hand or under another client id, and "
            "only there it can be changed or canceled"
        )


def _bag(head: said.Contract, legs: list[tuple[said.Contract, int, str]]) -> Any:
    """Whether a leg opens or closes is left to the account: only institutions may say (vendor)."""
    contract = library.Contract(
        secType="BAG",
        symbol=head.symbol,
        currency=head.currency,
        exchange=head.exchange or "SMART",
    )
    contract.comboLegs = [
        library.ComboLeg(
            conId=leg.con_id,
            ratio=ratio,
            action=action,
            exchange=route(leg),
        )
        for leg, ratio, action in legs
    ]
    return contract


def _call(operation: str, purpose: Purpose, message: str = "PLACE_ORDER") -> Call:
    return Call(operation=operation, purpose=purpose, method="TWS", path=message)


def _accepted(word: said.Said) -> bool | None:
    """Of a first status that is not yet the last word, a refusal may follow."""
    if not isinstance(word, said.OpenOrder | said.Status):
        return False
    return None if word.status in words.UNDECIDED else True


def _canceling(word: said.Said) -> bool | None:
    if isinstance(word, said.Complaint):
        return word.code == CANCELED
    return isinstance(word, said.OpenOrder | said.Status) and word.status in words.CANCELING
