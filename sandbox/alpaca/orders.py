"""/v2/orders: list, place, replace, cancel."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox import json_text
from sandbox.account import Account
from sandbox.alpaca import render, tickets, words
from sandbox.alpaca.access import ACCOUNT, require
from sandbox.alpaca.errors import Refusal, invalid, malformed, not_found
from sandbox.answering import reply
from sandbox.exchange import Exchange
from sandbox.orders import Order
from sandbox.rules import Rejected


class Orders:
    """The routes of orders."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        """What to serve."""
        one = "/v2/orders/{order_id}"
        return [
            web.get("/v2/orders", self.list),
            web.post("/v2/orders", self.place),
            web.delete("/v2/orders", self.cancel_all),
            web.get("/v2/orders:by_client_order_id", self.by_client_id),
            web.get(one, self.show),
            web.patch(one, self.replace),
            web.delete(one, self.cancel),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """The orders that the query asks for: open ones, newest first, 50, unless it says so."""
        account = request[ACCOUNT]
        nested = truth(request.query.get("nested"))
        return reply(
            [self._render(account, one, nested=nested) for one in select(account, request)]
        )

    async def show(self, request: web.Request) -> web.Response:
        """One order by its id."""
        account = request[ACCOUNT]
        return reply(self._render(account, self._asked_for(request), nested=True))

    async def by_client_id(self, request: web.Request) -> web.Response:
        """One order by the client's id."""
        account = request[ACCOUNT]
        asked = request.query.get("client_order_id")
        for one in account.orders.values():
            if one.client_id == asked:
                return reply(self._render(account, one, nested=True))
        raise not_found("order")

    async def place(self, request: web.Request) -> web.Response:
        """Accept an order."""
        require(request, "trading")
        account = request[ACCOUNT]
        ticket = tickets.read(await body(request), account, self._exchange.market)
        order = self._exchange.submit(account, ticket)
        return reply(self._render(account, order, nested=True))

    async def replace(self, request: web.Request) -> web.Response:
        """Accept other terms for an order, which go by a new id."""
        require(request, "trading")
        account = request[ACCOUNT]
        old, asked = self._asked_for(request), await body(request)
        if old.ticket.cash_quantity is not None:
            raise Refusal(422, "notional orders cannot be replaced", 42210000)
        terms = tickets.changes(asked, old.ticket.type)
        if "trail" in terms:
            percent = old.ticket.trail_percent is not None
            terms["trail_percent" if percent else "trail_amount"] = terms.pop("trail")
        if not terms:
            raise invalid("at least one of qty, limit_price, stop_price, trail or time_in_force")
        client_id = str(asked.get("client_order_id") or "")
        new = self._exchange.replace(account, old.id, client_id=client_id, **terms)
        return reply(self._render(account, new, nested=True))

    async def cancel(self, request: web.Request) -> web.Response:
        """Ask for an order to be cancelled; the stream says when it was."""
        require(request, "trading")
        try:
            self._exchange.cancel(request[ACCOUNT], self._asked_for(request).id)
        except Rejected as error:
            raise Refusal(422, f"order is not cancelable: {error.message}", 42210000) from None
        return web.Response(status=204)

    async def cancel_all(self, request: web.Request) -> web.Response:
        """Ask for all open orders to be cancelled; each has a status of its own."""
        require(request, "trading")
        return reply(cancel_all(self._exchange, request[ACCOUNT]), 207)

    def _asked_for(self, request: web.Request) -> Order:
        return self._exchange.order(request[ACCOUNT], request.match_info["order_id"])

    def _render(self, account: Account, order: Order, *, nested: bool) -> dict[str, Any]:
        return render.order(account, self._exchange.market, order, nested=nested)


def cancel_all(exchange: Exchange, account: Account) -> list[dict[str, Any]]:
    """Cancel what is open; the legs of what is open go with it."""
    live = {one.id: one for one in account.live_orders()}
    results = []
    for one in [one for one in live.values() if one.parent_id not in live]:
        try:
            exchange.cancel(account, one.id)
            results.append({"id": one.id, "status": 200})
        except Rejected:
            results.append({"id": one.id, "status": 422})
    return results


async def body(request: web.Request) -> dict[str, Any]:
    """The request's JSON object, or `Refusal`."""
    try:
        value = json_text.loads(await request.read())
    except ValueError:
        raise malformed() from None
    if not isinstance(value, dict):
        raise malformed()
    return value


def truth(text: str | None) -> bool:
    """A query's boolean; Alpaca's own client writes True."""
    return (text or "").lower() == "true"


def moment_asked(text: str) -> datetime:
    """A query's moment: RFC 3339 or a date, which is its midnight in UTC."""
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise invalid(f"invalid timestamp: {text[:40]}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def select(account: Account, request: web.Request) -> list[Order]:
    """The orders of a query, in its order, up to its limit."""
    query = request.query
    tests = [*_filters(query), *_window(account, query)]
    found = [one for one in account.orders.values() if all(test(one) for test in tests)]
    found.sort(key=lambda one: one.created, reverse=query.get("direction", "desc") == "desc")
    return found[: count_asked(query.get("limit", "50"), "limit", 500)]


def count_asked(text: str, name: str, most: int) -> int:
    """A query's count between 1 and `most`, or `Refusal`."""
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise invalid(f"{name} must be between 1 and {most}")
    return int(text)


def _filters(query: Any) -> list[Callable[[Order], bool]]:
    status = query.get("status", "open")
    if status not in {"open", "closed", "all"}:
        raise invalid("invalid status")
    tests: list[Callable[[Order], bool]] = []
    if status != "all":
        tests.append(lambda one: one.live is (status == "open"))
    if truth(query.get("nested")):
        tests.append(lambda one: one.parent_id is None)
    if "symbols" in query:
        symbols = {words.unslashed(one) for one in query["symbols"].split(",")}
        tests.append(lambda one: words.unslashed(one.ticket.symbol) in symbols)
    if "side" in query:
        tests.append(lambda one: words.SIDE[one.ticket.side] == query["side"])
    return tests


def _window(account: Account, query: Any) -> list[Callable[[Order], bool]]:
    tests: list[Callable[[Order], bool]] = []
    if "after" in query:
        after = moment_asked(query["after"])
        tests.append(lambda one: one.created > after)
    if "until" in query:
        until = moment_asked(query["until"])
        tests.append(lambda one: one.created < until)
    if "after_order_id" in query:
        first = _order_named(account, query["after_order_id"])
        tests.append(lambda one: one.created > first.created)
    if "before_order_id" in query:
        last = _order_named(account, query["before_order_id"])
        tests.append(lambda one: one.created < last.created)
    return tests


def _order_named(account: Account, id: str) -> Order:
    if id not in account.orders:
        raise not_found("order")
    return account.orders[id]
