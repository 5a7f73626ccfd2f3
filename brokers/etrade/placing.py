"""Orders on their way to E*TRADE: each is previewed, and then placed word for word the same.

Only the placing can come to an unknown outcome. A preview that fails leaves nothing behind, so all
that goes wrong before it is that nothing was sent.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

from brokers.etrade import portfolio, previews
from brokers.etrade.attempts import Attempts
from brokers.etrade.client import Client
from brokers.etrade.errors import CancelPending
from brokers.etrade.listing import Listing
from brokers.etrade.orders import placed_id
from brokers.etrade.tickets import Asked, canceling, placing, previewing
from brokers.etrade.times import moment_of
from brokers.gate import Purpose
from brokers.wire import Row
from domain.clock import Clock
from domain.errors import OutcomeUnknown, Refused, Unintelligible, Unreachable
from domain.facts import OrderReport, Source, Stamp
from domain.instrument import Instrument
from domain.money import EXACT, ZERO
from domain.order import OrderSide, OrderStatus, PositionEffect, Terms
from domain.preview import Preview
from domain.ticket import Ticket

_NEW = ("POST", "/v1/accounts/{key}/orders/")
_CHANGE = ("PUT", "/v1/accounts/{key}/orders/{order_id}/change/")
_CANCEL = "/v1/accounts/{key}/orders/cancel"


class Placing:
    """Places, changes and cancels, each once.

    `before_seconds` is how long all that comes before a placing may take: whoever places has half a
    minute, and out of time before the sending is not the same as out of time after it.
    """

    def __init__(self, client: Client, listing: Listing, attempts: Attempts, clock: Clock) -> None:
        self._client, self._listing = client, listing
        self._attempts, self._clock = attempts, clock
        self.before_seconds = 12.0

    async def preview(self, ticket: Ticket) -> Preview:
        """What E*TRADE works out of a new order."""
        response = await self._previewed(ticket.account, await self._asked(ticket), _NEW, {})
        return previews.preview(response, ticket.instrument)

    async def place(self, ticket: Ticket) -> OrderReport:
        """The order as it was placed; the list tells what becomes of it."""
        return await self._sent(ticket, _NEW, {}, replaces=None)

    async def change(self, order: OrderReport, terms: Terms, client_order_id: str) -> OrderReport:
        """The order that takes the other's place, under another id, for what has not filled yet."""
        ticket = Ticket(
            account=order.account,
            client_order_id=client_order_id,
            instrument=order.instrument,
            terms=replace(terms, effect=terms.effect or order.terms.effect),
            legs=order.legs,
        )
        ids = {"order_id": order.broker_order_id}
        new = await self._sent(ticket, _CHANGE, ids, replaces=order.broker_order_id)
        if terms.quantity is None:
            return new
        left = EXACT.subtract(terms.quantity, order.filled_quantity)
        return replace(new, terms=replace(new.terms, quantity=left))

    async def cancel(self, order: OrderReport) -> None:
        """Ask for it; one that is pending already is what was wanted."""
        with nothing_sent():
            await self._client.session.fresh()
            key = await self._listing.key(order.account)
        body = canceling(order.broker_order_id.partition("#")[0])
        try:
            await self._client.send(
                "cancel", "PUT", _CANCEL, body, {"key": key}, purpose=Purpose.CANCEL
            )
        except CancelPending:
            return

    async def _sent(
        self, ticket: Ticket, where: tuple[str, str], ids: Mapping[str, str], replaces: str | None
    ) -> OrderReport:
        with nothing_sent():
            async with asyncio.timeout(self.before_seconds):
                asked = await self._asked(ticket)
                response = await self._previewed(ticket.account, asked, where, ids)
                body = placing(asked, previews.ids(response))
                key = await self._listing.key(ticket.account)
        (method, path), name = where, ticket.client_order_id
        self._attempts.sending(ticket, self._clock.now(), replaces)
        try:
            answer = await self._client.send(
                "change" if replaces else "place", method, f"{path}place", body, {"key": key, **ids}
            )
        except (Refused, Unreachable):
            self._attempts.refused(name)
            raise
        report = self._report(answer, ticket, asked, replaces)
        self._attempts.became(name, report)
        return report

    async def _previewed(
        self, account: str, asked: Asked, where: tuple[str, str], ids: Mapping[str, str]
    ) -> Row:
        key, (method, path) = await self._listing.key(account), where
        answer = await self._client.preview(
            "preview", method, f"{path}preview", previewing(asked), {"key": key, **ids}
        )
        return answer.need_row("previewOrderResponse")

    async def _asked(self, ticket: Ticket) -> Asked:
        """The ticket with what E*TRADE wants to be told besides: whether it opens or closes."""
        told = ticket.terms.effect
        effect = PositionEffect.OPEN if ticket.legs else told
        if effect is None:
            held = await self._held(ticket.account, ticket.instrument)
            against = held * (1 if ticket.terms.side is OrderSide.BUY else -1) < 0
            effect = PositionEffect.CLOSE if against else PositionEffect.OPEN
        return Asked(
            instrument=ticket.instrument,
            terms=ticket.terms,
            effect=effect,
            client_order_id=ticket.client_order_id,
            legs=ticket.legs,
        )

    async def _held(self, account: str, instrument: Instrument) -> Decimal:
        """What is held of it now, as E*TRADE has one word for selling and another for shorting."""
        rows = await self._listing.positions(account, lots=False)
        held = (one for one in portfolio.holdings(rows) if one.instrument.id == instrument.id)
        return next((one.quantity for one in held), ZERO)

    def _report(
        self, answer: Row, ticket: Ticket, asked: Asked, replaces: str | None
    ) -> OrderReport:
        """The order as it was accepted: of its state the answer says nothing."""
        response = answer.row("placeOrderResponse")
        number = placed_id(response) if response is not None else None
        if response is None or number is None:
            raise OutcomeUnknown("E*TRADE answered without an order id")
        single = not ticket.legs
        return OrderReport(
            account=ticket.account,
            broker_order_id=number,
            client_order_id=ticket.client_order_id,
            instrument=ticket.instrument,
            terms=replace(ticket.terms, effect=asked.effect if single else None),
            status=OrderStatus.NEW,
            raw_status="",
            # As low as a list's word: that is newer, whenever it says another thing.
            stamp=Stamp(time=None, source=Source.POLL, arrival=self._clock.now()),
            submitted_at=moment_of(response, "placedTime"),
            replaces=replaces,
            legs=ticket.legs,
        )


@contextmanager
def nothing_sent() -> Iterator[None]:
    """Around all that comes before a sending: what remains unclear of it does no harm."""
    try:
        yield
    except (OutcomeUnknown, Unintelligible) as error:
        message = error.message
    except TimeoutError:
        message = "E*TRADE took too long to work the order out"
    else:
        return
    raise Unreachable(f"{message}; nothing was sent")
