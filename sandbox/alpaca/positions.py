"""/v2/positions: list, show, close."""

from decimal import Decimal
from typing import Any

from aiohttp import web

from sandbox import valuation
from sandbox.account import Account
from sandbox.alpaca import render, tickets, words
from sandbox.alpaca.access import ACCOUNT, require
from sandbox.alpaca.errors import Refusal, invalid, rejected
from sandbox.alpaca.orders import cancel_all, truth
from sandbox.answering import reply
from sandbox.exchange import Exchange
from sandbox.instruments import Kind
from sandbox.orders import Order, Side, Ticket, TimeInForce
from sandbox.rules import Rejected


class Positions:
    """The routes of positions."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        """What to serve; a crypto pair's slash may stand in the path as it is."""
        one = "/v2/positions/{symbol:.+}"
        return [
            web.get("/v2/positions", self.list),
            web.delete("/v2/positions", self.close_all),
            web.get(one, self.show),
            web.delete(one, self.close),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """All positions."""
        account = request[ACCOUNT]
        return reply([self._render(account, symbol) for symbol in account.holdings])

    async def show(self, request: web.Request) -> web.Response:
        """One position, by symbol or asset id."""
        return reply(self._render(request[ACCOUNT], self._asked_for(request)))

    async def close(self, request: web.Request) -> web.Response:
        """Sell, or buy back, all of it, `qty` or `percentage` of it."""
        require(request, "trading")
        account, symbol = request[ACCOUNT], self._asked_for(request)
        order = self._close(account, symbol, _portion(account, symbol, request.query))
        return reply(render.order(account, self._exchange.market, order))

    async def close_all(self, request: web.Request) -> web.Response:
        """Close every position; each has a status of its own."""
        require(request, "trading")
        account = request[ACCOUNT]
        if truth(request.query.get("cancel_orders")):
            cancel_all(self._exchange, account)
            self._exchange.work()
        return reply([self._try_to_close(account, one) for one in list(account.holdings)], 207)

    def _try_to_close(self, account: Account, symbol: str) -> dict[str, Any]:
        try:
            order = self._close(account, symbol, abs(account.holding(symbol).quantity))
        except Rejected as error:
            status, body = rejected(error)
        else:
            status, body = 200, render.order(account, self._exchange.market, order)
        return {"symbol": words.unslashed(symbol), "status": status, "body": body}

    def _close(self, account: Account, symbol: str, quantity: Decimal) -> Order:
        crypto = self._exchange.market.instruments[symbol].kind is Kind.CRYPTO
        ticket = Ticket(
            symbol=symbol,
            side=Side.SELL if account.holding(symbol).quantity > 0 else Side.BUY,
            quantity=quantity,
            time_in_force=TimeInForce.GOOD_TILL_CANCEL if crypto else TimeInForce.DAY,
            opens=False,
        )
        return self._exchange.submit(account, ticket)

    def _asked_for(self, request: web.Request) -> str:
        symbol = tickets.resolve_symbol(self._exchange.market, request.match_info["symbol"])
        if symbol not in request[ACCOUNT].holdings:
            raise Refusal(404, "position does not exist", 40410000)
        return symbol

    def _render(self, account: Account, symbol: str) -> dict[str, Any]:
        market = self._exchange.market
        free = valuation.available(account, symbol)
        return render.position(account, market, market.instruments[symbol], free)


def _portion(account: Account, symbol: str, query: Any) -> Decimal:
    held = abs(account.holding(symbol).quantity)
    if "qty" in query and "percentage" in query:
        raise invalid("only one of qty and percentage may be given")
    quantity = tickets.decimal(query, "qty")
    if quantity is not None:
        return quantity
    percentage = tickets.decimal(query, "percentage")
    if percentage is None:
        return held
    share = percentage / 100
    if not 0 < share <= 1:
        raise invalid("percentage must be between 0 and 100")
    part = held * share
    return Decimal(int(part)) if held % 1 == 0 else round(part, 9)
