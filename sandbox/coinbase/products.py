"""What is traded and at what price, over REST."""

from typing import Any

from aiohttp import web

from sandbox.answering import reply
from sandbox.coinbase import words
from sandbox.coinbase.errors import not_found
from sandbox.coinbase.words import moment, number, worked_out
from sandbox.exchange import Exchange
from sandbox.instruments import Instrument
from sandbox.market import Quote

_ROOT = "/api/v3/brokerage"


class Products:
    """The routes of products, with a key and without."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        """What to serve."""
        return [
            web.get(f"{_ROOT}/time", self.time),
            web.get(f"{_ROOT}/best_bid_ask", self.best),
            web.get(f"{_ROOT}/product_book", self.book),
            *(
                route
                for root in (_ROOT, f"{_ROOT}/market")
                for route in (
                    web.get(f"{root}/products", self.list),
                    web.get(f"{root}/products/{{id}}", self.show),
                    web.get(f"{root}/products/{{id}}/ticker", self.ticker),
                )
            ),
        ]

    async def time(self, _: web.Request) -> web.Response:
        """The time, in three ways."""
        now = self._exchange.time()
        return reply(
            {
                "iso": f"{now:%Y-%m-%dT%H:%M:%SZ}",
                "epochSeconds": str(int(now.timestamp())),
                "epochMillis": str(int(now.timestamp() * 1000)),
            }
        )

    async def list(self, request: web.Request) -> web.Response:
        """All of them, or those of `product_ids`."""
        asked = request.query.getall("product_ids", [])
        listed = words.listed(self._exchange.market)
        found = [self._product(one) for one in listed if not asked or _id(one) in asked]
        return reply({"products": found, "num_products": len(found)})

    async def show(self, request: web.Request) -> web.Response:
        """One of them."""
        return reply(self._product(self._asked_for(request.match_info["id"])))

    async def best(self, request: web.Request) -> web.Response:
        """Best bid and ask of all, or of `product_ids`."""
        asked = request.query.getall("product_ids", [])
        listed = words.listed(self._exchange.market)
        chosen = [self._asked_for(one) for one in asked] or listed
        return reply({"pricebooks": [self._book(one) for one in chosen]})

    async def book(self, request: web.Request) -> web.Response:
        """The book of `product_id`, one level deep."""
        chosen = self._asked_for(request.query.get("product_id", ""))
        return reply({"pricebook": self._book(chosen)})

    async def ticker(self, request: web.Request) -> web.Response:
        """The last trade of one product."""
        chosen = self._asked_for(request.match_info["id"])
        quote = self._exchange.market.quotes[chosen.symbol]
        trade = {
            "trade_id": str(quote.volume),
            "product_id": _id(chosen),
            "price": number(quote.last),
            "size": "1",
            "time": moment(quote.at),
            "side": "BUY",
        }
        sides = {"best_bid": number(quote.bid), "best_ask": number(quote.ask)}
        return reply({"trades": [trade], **sides})

    def _asked_for(self, product: str) -> Instrument:
        for one in words.listed(self._exchange.market):
            if _id(one) == product:
                return one
        raise not_found("product")

    def _product(self, one: Instrument) -> dict[str, Any]:
        return _product(one, self._exchange.market.quotes[one.symbol])

    def _book(self, one: Instrument) -> dict[str, Any]:
        return _book(one.symbol, self._exchange.market.quotes[one.symbol])


def _id(instrument: Instrument) -> str:
    return words.product_id(instrument.symbol)


def _product(instrument: Instrument, quote: Quote) -> dict[str, Any]:
    """What is traded, in what steps, and its last price."""
    base, _, currency = instrument.symbol.partition("/")
    change = (quote.last - quote.previous_close) / quote.previous_close * 100
    tick = number(instrument.increment(quote.last))
    return {
        "product_id": words.product_id(instrument.symbol),
        "price": number(quote.last),
        "price_percentage_change_24h": worked_out(change),
        "volume_24h": str(quote.volume),
        "volume_percentage_change_24h": "0",
        "base_increment": number(instrument.lot),
        "quote_increment": tick,
        "price_increment": tick,
        "quote_min_size": "1",
        "quote_max_size": "50000000",
        "base_min_size": "0.00001",
        "base_max_size": "100000",
        "base_name": instrument.name.partition(" / ")[0],
        "quote_name": "US Dollar",
        "watched": False,
        "is_disabled": False,
        "new": False,
        "status": "online",
        "cancel_only": False,
        "limit_only": False,
        "post_only": False,
        "trading_disabled": False,
        "auction_mode": False,
        "view_only": False,
        "product_type": "SPOT",
        "quote_currency_id": currency,
        "base_currency_id": base,
        "fcm_trading_session_details": None,
        "mid_market_price": "",
        "alias": "",
        "alias_to": [],
        "base_display_symbol": base,
        "quote_display_symbol": currency,
    }


def ticker(symbol: str, quote: Quote) -> dict[str, Any]:
    """A price as the ticker channel has it."""
    change = (quote.last - quote.previous_close) / quote.previous_close * 100
    return {
        "type": "ticker",
        "product_id": words.product_id(symbol),
        "price": number(quote.last),
        "volume_24_h": str(quote.volume),
        "low_24_h": number(quote.low),
        "high_24_h": number(quote.high),
        "low_52_w": number(quote.low),
        "high_52_w": number(quote.high),
        "price_percent_chg_24_h": worked_out(change),
        "best_bid": number(quote.bid),
        "best_bid_quantity": "1",
        "best_ask": number(quote.ask),
        "best_ask_quantity": "1",
    }


def _book(symbol: str, quote: Quote) -> dict[str, Any]:
    """The best bid and ask."""
    return {
        "product_id": words.product_id(symbol),
        "bids": [{"price": number(quote.bid), "size": "1"}],
        "asks": [{"price": number(quote.ask), "size": "1"}],
        "time": moment(quote.at),
    }
