"""/v1/accounts/{key}/portfolio: positions in pages, with the lots that they were bought in."""

from decimal import Decimal
from itertools import islice
from typing import Any

from aiohttp import web

from sandbox.account import Account
from sandbox.etrade import wire, words
from sandbox.etrade.accounts import ENDING
from sandbox.etrade.errors import invalid
from sandbox.etrade.lots import Lot, lots
from sandbox.etrade.people import Person
from sandbox.etrade.wire import Quirks
from sandbox.etrade.words import figure, milliseconds
from sandbox.exchange import Exchange

_PAGE = 50
_VIEWS = {
    "QUICK": "Quick",
    "COMPLETE": "Complete",
    "PERFORMANCE": "Performance",
    "FUNDAMENTAL": "Fundamental",
}


class Portfolio:
    """The routes of positions; `page` is the most on one, whatever is asked."""

    def __init__(self, exchange: Exchange, person: Person, quirks: Quirks) -> None:
        self._exchange, self._person, self._quirks = exchange, person, quirks
        self.page = _PAGE

    def routes(self) -> list[web.RouteDef]:
        """What to serve."""
        return [
            web.get(f"/v1/accounts/{{key}}/portfolio{ENDING}", self.page_of),
            web.get(f"/v1/accounts/{{key}}/portfolio/{{id:[0-9]+}}{ENDING}", self.lots),
        ]

    async def page_of(self, request: web.Request) -> web.Response:
        """One page; nothing at all if nothing is held."""
        account = self._person.by_key(request.match_info["key"]).account
        held = sorted(account.holdings)
        if not held:
            return web.Response(status=204)
        size, number = _page_asked(request, self.page)
        pages = -(-len(held) // size)
        rows = [self._position(account, one, request) for one in _slice(held, size, number)]
        listed: dict[str, Any] = {"accountId": account.number, "totalPages": pages}
        if number < pages:
            listed |= {
                "nextPageNo": str(number + 1),
                "next": f"{request.url}&pageNumber={number + 1}",
            }
        body = {"PortfolioResponse": {"AccountPortfolio": [listed | {"Position": rows}]}}
        return wire.answer(request, body, self._quirks)

    async def lots(self, request: web.Request) -> web.Response:
        """The lots of one position."""
        account = self._person.by_key(request.match_info["key"]).account
        name = self._person.positions.name(request.match_info["id"]) or ""
        symbol = name.partition(":")[2]
        if symbol not in account.holdings:
            raise invalid("Invalid position", 1001)
        body = {"PositionLotsResponse": {"PositionLot": self._lots(account, symbol)}}
        return wire.answer(request, body, self._quirks)

    def _position(self, account: Account, symbol: str, request: web.Request) -> dict[str, Any]:
        market = self._exchange.market
        instrument, quote, held = (
            market.instruments[symbol],
            market.quotes[symbol],
            account.holding(symbol),
        )
        value = held.quantity * quote.last * instrument.multiplier
        short = held.quantity < 0
        view = request.query.get("view", "QUICK")
        found: dict[str, Any] = {
            "positionId": self._person.positions.of(f"{account.id}:{symbol}"),
            "Product": words.product(instrument),
            "symbolDescription": instrument.name,
            "dateAcquired": -68400000,
            "pricePaid": figure(held.cost / held.quantity / instrument.multiplier),
            "commissions": Decimal(0),
            "quantity": held.quantity,
            "positionIndicator": "TYPE5" if short else "TYPE2",
            "positionType": "SHORT" if short else "LONG",
            "marketValue": figure(value),
            "totalCost": figure(held.cost),
            "totalGain": figure(value - held.cost),
            "costPerShare": figure(held.cost / held.quantity / instrument.multiplier),
            _VIEWS.get(view, "Quick"): {
                "lastTrade": quote.last,
                "lastTradeTime": int(quote.at.timestamp()),
                "change": quote.last - quote.previous_close,
                "volume": quote.volume,
                "quoteStatus": "REALTIME",
            },
        }
        if instrument.option is not None:
            found["osiKey"] = words.osi(instrument)
        if request.query.get("lotsRequired") == "true":
            found["positionLot"] = self._lots(account, symbol)
        return found

    def _lots(self, account: Account, symbol: str) -> list[dict[str, Any]]:
        return [self._lot(one) for one in lots(account, symbol)]

    def _lot(self, one: Lot) -> dict[str, Any]:
        return {
            "positionLotId": self._person.lots.of(one.execution),
            "price": one.price,
            "termCode": 0,
            "originalQty": one.original,
            "remainingQty": one.left,
            "availableQty": one.left,
            "orderNo": self._person.orders.of(one.order),
            "legNo": 1,
            "acquiredDate": milliseconds(one.at),
        }


def _page_asked(request: web.Request, most: int) -> tuple[int, int]:
    size, number = request.query.get("count", str(most)), request.query.get("pageNumber", "1")
    if not (size.isdigit() and number.isdigit()) or int(size) < 1 or int(number) < 1:
        raise invalid("Invalid count range", 2005)
    return min(int(size), most), int(number)


def _slice(held: list[str], size: int, number: int) -> list[str]:
    return list(islice(held, size * (number - 1), size * number))
