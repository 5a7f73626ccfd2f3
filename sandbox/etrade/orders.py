"""/v1/accounts/{key}/orders: list, preview, place, change, cancel."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from sandbox import matching, rules, valuation
from sandbox.account import Account
from sandbox.etrade import listing, render, tickets, wire
from sandbox.etrade.accounts import ENDING
from sandbox.etrade.errors import Refusal, invalid, no_preview
from sandbox.etrade.people import Listed, Person
from sandbox.etrade.tickets import Read
from sandbox.etrade.wire import Quirks
from sandbox.etrade.words import figure, milliseconds
from sandbox.exchange import Exchange
from sandbox.orders import Contingency, Order, Ticket
from sandbox.rules import Reason, Rejected

PREVIEW_LIVES = timedelta(minutes=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What was worked out, and may be placed word for word; `changes` is the order it alters."""

    account: str
    at: datetime
    kind: str
    ticket: Ticket
    changes: str | None


class Orders:
    """The routes of orders; `page` is the most on one, whatever is asked.

    Without `filters` asking by status fails, as in E*TRADE's own sandbox.
    """

    def __init__(self, exchange: Exchange, person: Person, quirks: Quirks) -> None:
        self._exchange, self._person, self._quirks = exchange, person, quirks
        self._previews: dict[str, Preview] = {}
        self.page, self.filters = listing.PAGE, True

    def routes(self) -> list[web.RouteDef]:
        """What to serve; a change is a PUT."""
        orders = "/v1/accounts/{key}/orders"
        one = f"{orders}/{{id:[0-9]+}}"
        return [
            web.get(f"{orders}{ENDING}", self.all),
            web.get(f"{one}{ENDING}", self.one),
            web.post(f"{orders}/preview{ENDING}", self.preview),
            web.post(f"{orders}/place{ENDING}", self.place),
            web.put(f"{one}/change/preview{ENDING}", self.preview),
            web.put(f"{one}/change/place{ENDING}", self.place),
            web.put(f"{orders}/cancel{ENDING}", self.cancel),
        ]

    async def all(self, request: web.Request) -> web.Response:
        """One page, newest first; nothing at all if there are none."""
        account = self._listed(request).account
        if "status" in request.query and not self.filters:
            raise Refusal(500, "The requested service is not currently available", 100)
        page, marker = listing.page(account, self._person.orders, request, self.page)
        if not page:
            return web.Response(status=204)
        body: dict[str, Any] = {"Order": [self._render(account, one) for one in page]}
        if self._quirks.same_marker:
            marker = "12345678999"
        if marker:
            body |= {"marker": marker, "next": f"{request.url}&marker={marker}"}
        return wire.answer(request, {"OrdersResponse": body}, self._quirks)

    async def one(self, request: web.Request) -> web.Response:
        """One order, in the form of a list of it."""
        account = self._listed(request).account
        order = self._named(account, request.match_info["id"])
        body = {"OrdersResponse": {"Order": [self._render(account, order)]}}
        return wire.answer(request, body, self._quirks)

    async def preview(self, request: web.Request) -> web.Response:
        """Work an order out; it is refused here for what it would be refused for later."""
        listed = self._listed(request)
        read = tickets.read(await request.read(), "PreviewOrderRequest")
        changes = request.match_info.get("id")
        ticket = self._ticket(listed.account, read, changes)
        number = str(1627181131 + len(self._previews))
        self._previews[number] = Preview(
            account=listed.account.id,
            at=self._exchange.time(),
            kind=read.kind,
            ticket=ticket,
            changes=changes,
        )
        body = self._described(listed, read, ticket) | {"PreviewIds": [{"previewId": int(number)}]}
        body["previewTime"] = milliseconds(self._exchange.time())
        return wire.answer(request, {"PreviewOrderResponse": body}, self._quirks)

    async def place(self, request: web.Request) -> web.Response:
        """Accept what was previewed; a change is a new order in the place of the old one."""
        listed = self._listed(request)
        read = tickets.read(await request.read(), "PlaceOrderRequest")
        changes = request.match_info.get("id")
        ticket = self._previewed(listed.account, read, changes)
        order = self._accept(listed.account, ticket, changes)
        number = self._person.orders.of(order.id)
        body = self._described(listed, read, ticket) | {"OrderIds": [{"orderId": number}]}
        body["placedTime"] = milliseconds(order.created)
        text = "200|Your order was successfully entered during market hours."
        body["Order"][0]["messages"] = {
            "Message": [{"code": 1026, "description": text, "type": "WARNING"}]
        }
        return wire.answer(request, {"PlaceOrderResponse": body}, self._quirks)

    async def cancel(self, request: web.Request) -> web.Response:
        """Ask for a cancel; the list says when it was carried out."""
        listed = self._listed(request)
        asked = tickets.document(await request.read(), "CancelOrderRequest")
        order = self._named(listed.account, str(asked.get("orderId", "")))
        if order.cancel_requested is not None and order.live:
            raise Refusal(400, "A cancel of this order is pending already", 5003)
        self._exchange.cancel(listed.account, order.id)
        text = "200|Your request to cancel your order is being processed."
        body = {
            "accountId": listed.account.number,
            "orderId": self._person.orders.of(order.id),
            "cancelTime": milliseconds(self._exchange.time()),
            "Messages": {"Message": [{"code": 5011, "description": text, "type": "WARNING"}]},
        }
        return wire.answer(request, {"CancelOrderResponse": body}, self._quirks)

    def _listed(self, request: web.Request) -> Listed:
        return self._person.by_key(request.match_info["key"])

    def _render(self, account: Account, order: Order) -> dict[str, Any]:
        return render.listed(account, self._exchange.market, order, self._person.orders)

    def _named(self, account: Account, number: str) -> Order:
        return self._exchange.order(account, self._person.orders.name(number) or "")

    def _ticket(self, account: Account, read: Read, changes: str | None) -> Ticket:
        """The ticket, checked as if it were placed now; that of a change ignores what it alters."""
        ticket = tickets.ticket(read, account)
        old = self._named(account, changes) if changes else None
        if old is not None and not old.live:
            raise Rejected(Reason.TOO_LATE, "order is not open")
        draft = self._exchange.draft(account, ticket)
        rules.check(account, self._exchange.market, draft, ignoring=old.id if old else None)
        return ticket

    def _accept(self, account: Account, ticket: Ticket, changes: str | None) -> Order:
        if changes is None:
            return self._exchange.submit(account, ticket)
        old = self._named(account, changes)
        if (old.ticket.symbol, old.ticket.side) != (ticket.symbol, ticket.side):
            raise invalid("Only the terms of an order can be changed", 1000)
        names = (
            "type",
            "time_in_force",
            "quantity",
            "limit_price",
            "stop_price",
            "trail_amount",
            "trail_percent",
        )
        terms = {name: getattr(ticket, name) for name in names}
        return self._exchange.replace(account, old.id, client_id=ticket.client_id, **terms)

    def _previewed(self, account: Account, read: Read, changes: str | None) -> Ticket:
        """It has to be what was previewed, and not too long ago."""
        preview = self._previews.get(read.previews[0]) if read.previews else None
        if preview is None or self._exchange.time() - preview.at > PREVIEW_LIVES:
            raise no_preview()
        ticket = self._ticket(account, read, changes)
        seen = (preview.account, preview.changes, preview.kind, preview.ticket)
        if seen != (account.id, changes, read.kind, ticket):
            raise no_preview()
        return ticket

    def _described(self, listed: Listed, read: Read, ticket: Ticket) -> dict[str, Any]:
        """What previewing and placing answer alike."""
        account, market = listed.account, self._exchange.market
        value = valuation.value(account, market)
        cost, fee = self._cost(account, ticket)
        power = figure(value.buying_power)
        return {
            "orderType": read.kind,
            "totalOrderValue": figure(cost + fee),
            "accountId": account.number,
            "optionLevelCd": 4,
            "Order": [
                {
                    **render.terms(ticket),
                    "Instrument": render.asked(market, ticket),
                    "estimatedCommission": figure(fee),
                    "estimatedTotalAmount": figure(cost + fee),
                }
            ],
            "marginable": {
                "currentBp": power,
                "currentOor": figure(value.reserved),
                "currentNetBp": power,
                "currentOrderImpact": figure(cost + fee),
                "netBp": figure(value.buying_power - max(cost + fee, Decimal(0))),
            },
        }

    def _cost(self, account: Account, ticket: Ticket) -> tuple[Decimal, Decimal]:
        """What it would cost, negative for what comes in, and the commission."""
        market = self._exchange.market
        if ticket.contingency is Contingency.MULTILEG:
            multiplier = max(market.instruments[leg.symbol].multiplier for leg in ticket.legs)
            net = ticket.limit_price
            price = matching.net(ticket.legs, market.quotes) if net is None else net
            quantity = ticket.quantity or Decimal(0)
            return price * multiplier * quantity, account.fee(quantity, abs(price))
        if ticket.cash_quantity is not None:
            return ticket.cash_quantity, Decimal(0)
        touch = matching.touch(market.quotes[ticket.symbol], ticket)
        price = ticket.limit_price or ticket.stop_price or touch
        quantity = ticket.quantity or Decimal(0)
        worth = price * quantity * market.instruments[ticket.symbol].multiplier
        return worth * ticket.side.sign, account.fee(quantity, price)
