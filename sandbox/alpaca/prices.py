"""Market data over REST: the latest quotes, trades and snapshots of stocks, options and coins."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from sandbox.alpaca.access import require
from sandbox.alpaca.errors import Refusal
from sandbox.alpaca.words import moment
from sandbox.answering import reply
from sandbox.exchange import Exchange
from sandbox.instruments import Kind
from sandbox.market import Quote

Render = Callable[[Quote, Kind], dict[str, Any]]


class Prices:
    """The routes of prices; symbols that there are not are left out of the answer."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        """What to serve."""
        stocks, options, coins = "/v2/stocks", "/v1beta1/options", "/v1beta3/crypto/us"
        return [
            *self._latest(f"{stocks}/{{what}}/latest", Kind.EQUITY),
            *self._latest(f"{options}/{{what}}/latest", Kind.OPTION),
            *self._latest(f"{coins}/latest/{{what}}", Kind.CRYPTO),
            self._route(f"{stocks}/snapshots", Kind.EQUITY, snapshot, None),
            self._route(f"{options}/snapshots", Kind.OPTION, snapshot, "snapshots"),
            self._route(f"{coins}/snapshots", Kind.CRYPTO, snapshot, "snapshots"),
            *self._single(stocks),
        ]

    def _latest(self, path: str, kind: Kind) -> list[web.RouteDef]:
        return [
            self._route(path.format(what="quotes"), kind, quote, "quotes"),
            self._route(path.format(what="trades"), kind, trade, "trades"),
        ]

    def _route(self, path: str, kind: Kind, render: Render, key: str | None) -> web.RouteDef:
        async def many(request: web.Request) -> web.Response:
            require(request, "data")
            found = self._found(request.query.get("symbols", ""), kind, render)
            page = {"next_page_token": None} if path.startswith("/v1beta1") else {}
            return reply({key: found, **(page if key == "snapshots" else {})} if key else found)

        return web.get(path, many)

    def _single(self, stocks: str) -> list[web.RouteDef]:
        """The same for one stock, named in the path."""

        def route(path: str, render: Render, key: str | None) -> web.RouteDef:
            async def one(request: web.Request) -> web.Response:
                require(request, "data")
                symbol = request.match_info["symbol"]
                found = self._found(symbol, Kind.EQUITY, render)
                if symbol not in found:
                    raise Refusal(404, f"no {key or 'snapshot'} found for {symbol[:20]}")
                body = {key: found[symbol]} if key else found[symbol]
                return reply({"symbol": symbol, **body})

            return web.get(f"{stocks}/{{symbol}}/{path}", one)

        return [
            route("quotes/latest", quote, "quote"),
            route("trades/latest", trade, "trade"),
            route("snapshot", snapshot, None),
        ]

    def _found(self, symbols: str, kind: Kind, render: Render) -> dict[str, Any]:
        market = self._exchange.market
        return {
            symbol: render(market.quotes[symbol], kind)
            for symbol in symbols.split(",")
            if symbol in market.quotes and market.instruments[symbol].kind is kind
        }


def quote(of: Quote, kind: Kind) -> dict[str, Any]:
    """Bid and ask."""
    size = Decimal("1.5") if kind is Kind.CRYPTO else 1
    body = {"ap": of.ask, "as": size, "bp": of.bid, "bs": size, "t": moment(of.at)}
    return body | _marks(kind, {"ax": "V", "bx": "V"}, "R")


def trade(of: Quote, kind: Kind) -> dict[str, Any]:
    """The last trade."""
    body: dict[str, Any] = {"p": of.last, "s": 1, "t": moment(of.at)}
    if kind is not Kind.OPTION:
        body["i"] = of.volume
    return body | ({"tks": "B"} if kind is Kind.CRYPTO else _marks(kind, {"x": "V"}, "@"))


def snapshot(of: Quote, kind: Kind) -> dict[str, Any]:
    """Quote, trade and the day's bar, with yesterday's close as a flat bar."""
    close = of.previous_close
    return {
        "latestQuote": quote(of, kind),
        "latestTrade": trade(of, kind),
        "dailyBar": _bar(of.open, of.high, of.low, of.last, of.volume, of.at),
        "prevDailyBar": _bar(close, close, close, close, 0, of.at),
    }


def _bar(
    opened: Decimal, high: Decimal, low: Decimal, close: Decimal, volume: int, at: datetime
) -> dict[str, Any]:
    day = moment(at.replace(hour=5, minute=0, second=0, microsecond=0))
    mean = (high + low + close) / 3
    return {
        "o": opened,
        "h": high,
        "l": low,
        "c": close,
        "v": volume,
        "n": volume // 100,
        "vw": round(mean, 6),
        "t": day,
    }


def _marks(kind: Kind, venues: dict[str, str], condition: str) -> dict[str, Any]:
    """Where, and under which condition; a list for stocks, one letter for options."""
    if kind is Kind.CRYPTO:
        return {}
    if kind is Kind.OPTION:
        return {**venues, "c": condition}
    return {**venues, "c": [condition], "z": "C"}
