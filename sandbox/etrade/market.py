"""/v1/market: quotes in batches, names looked up, option chains and their days."""

from typing import Any

from aiohttp import web

from sandbox.clock import NEW_YORK
from sandbox.etrade import wire, words
from sandbox.etrade.accounts import ENDING
from sandbox.etrade.errors import Refusal, invalid
from sandbox.etrade.tickets import decimal
from sandbox.etrade.wire import Quirks
from sandbox.exchange import Exchange
from sandbox.instruments import Instrument, Kind

_FEW, _MANY = 25, 50
_PARTS = 6
_QUOTED = frozenset({Kind.EQUITY, Kind.OPTION, Kind.FUND, Kind.INDEX})


class Market:
    """The routes of the market."""

    def __init__(self, exchange: Exchange, quirks: Quirks) -> None:
        self._exchange, self._quirks = exchange, quirks

    def routes(self) -> list[web.RouteDef]:
        """What to serve; a symbol may have a point in it."""
        return [
            web.get(f"/v1/market/quote/{{symbols:[^/]+?}}{ENDING}", self.quotes),
            web.get(f"/v1/market/lookup/{{search:[^/]+?}}{ENDING}", self.lookup),
            web.get(f"/v1/market/optionchains{ENDING}", self.chains),
            web.get(f"/v1/market/optionexpiredate{ENDING}", self.expiries),
        ]

    async def quotes(self, request: web.Request) -> web.Response:
        """Those there are; of the others a message each."""
        symbols = request.match_info["symbols"].split(",")
        more = request.query.get("overrideSymbolCount") == "true"
        if len(symbols) > (_MANY if more else _FEW):
            raise invalid(f"The maximum number of symbols is {_MANY if more else _FEW}", 1023)
        found = [(one, self._instrument(one)) for one in symbols]
        quoted = [self._quote(one) for _, one in found if one is not None]
        unknown = [symbol for symbol, one in found if one is None]
        body: dict[str, Any] = {"QuoteData": quoted} if quoted else {}
        if unknown:
            body["Messages"] = {"Message": [_unknown(one) for one in unknown]}
        return wire.answer(request, {"QuoteResponse": body}, self._quirks)

    async def lookup(self, request: web.Request) -> web.Response:
        """Whatever is called so; nothing at all if nothing is."""
        search = request.match_info["search"].upper()
        listed = self._exchange.market.instruments.values()
        found = [
            {
                "symbol": one.symbol,
                "description": one.name.upper(),
                "type": words.LOOKED_UP[one.kind],
            }
            for one in listed
            if one.kind in words.LOOKED_UP and (search in one.symbol or search in one.name.upper())
        ]
        if not found:
            return web.Response(status=204)
        return wire.answer(request, {"LookupResponse": {"Data": found}}, self._quirks)

    async def chains(self, request: web.Request) -> web.Response:
        """The contracts of one day on an underlying, calls and puts of a strike together."""
        contracts = self._contracts(request)
        year, month, day = (
            decimal(dict(request.query), f"expiry{p}") for p in ("Year", "Month", "Day")
        )
        if year is not None:
            asked = (int(year), int(month or 0), int(day or 0))
            contracts = [one for one in contracts if _expiry(one) == asked]
        if not contracts:
            raise Refusal(400, "There are no options for the given month", 10031)
        strikes: dict[str, dict[str, Any]] = {}
        for one in contracts:
            assert one.option is not None  # noqa: S101 (that is what was asked for)
            pair = strikes.setdefault(str(one.option.strike), {})
            pair[one.option.right.title()] = self._option(one)
        body = {"OptionChainResponse": {"OptionPair": list(strikes.values())}}
        return wire.answer(request, body, self._quirks)

    async def expiries(self, request: web.Request) -> web.Response:
        """The days on which options of an underlying end."""
        days = sorted({_expiry(one) for one in self._contracts(request)})
        listed = [
            {"year": year, "month": month, "day": day, "expiryType": "MONTHLY"}
            for year, month, day in days
        ]
        body = {"OptionExpireDateResponse": {"ExpirationDate": listed}}
        return wire.answer(request, body, self._quirks)

    def _contracts(self, request: web.Request) -> list[Instrument]:
        symbol = request.query.get("symbol", "")
        listed = self._exchange.market.instruments.values()
        found = [
            one
            for one in listed
            if one.kind is Kind.OPTION and one.option and one.option.underlying == symbol
        ]
        if not found:
            raise Refusal(400, "There are no options for the given symbol", 10032)
        return found

    def _instrument(self, symbol: str) -> Instrument | None:
        """AAPL, or AAPL:2027:12:17:CALL:250 for an option."""
        parts = symbol.split(":")
        instruments = self._exchange.market.instruments
        if len(parts) == _PARTS:
            fields = dict(enumerate(parts))
            named = {"year": fields[1], "month": fields[2], "day": fields[3], "strike": fields[5]}
            year, month, day, strike = (decimal(named, name) for name in named)
            if year is None or month is None or day is None or strike is None:
                return None
            symbol = words.contract(parts[0], int(year), int(month), int(day), parts[4], strike)
        found = instruments.get(symbol)
        return found if found is not None and found.kind in _QUOTED else None

    def _quote(self, one: Instrument) -> dict[str, Any]:
        quote = self._exchange.market.quotes[one.symbol]
        local = quote.at.astimezone(NEW_YORK)
        seconds = int(quote.at.timestamp())
        return {
            "dateTime": f"{local:%H:%M:%S %Z %m-%d-%Y}",
            "dateTimeUTC": seconds,
            "quoteStatus": "REALTIME",
            "ahFlag": "false",
            "hasMiniOptions": False,
            "All": {
                "ask": quote.ask,
                "bid": quote.bid,
                "companyName": one.name.upper(),
                "changeClose": quote.last - quote.previous_close,
                "dirLast": "1",
                "high": quote.high,
                "lastTrade": quote.last,
                "low": quote.low,
                "open": quote.open,
                "previousClose": quote.previous_close,
                "primaryExchange": "NSDQ",
                "totalVolume": quote.volume,
                "timeOfLastTrade": seconds,
            },
            "Product": words.product(one),
        }

    def _option(self, one: Instrument) -> dict[str, Any]:
        quote = self._exchange.market.quotes[one.symbol]
        assert one.option is not None  # noqa: S101 (that is what was asked for)
        return {
            "optionCategory": "STANDARD",
            "optionRootSymbol": one.option.underlying,
            "timeStamp": int(quote.at.timestamp()),
            "displaySymbol": one.name,
            "optionType": one.option.right,
            "strikePrice": one.option.strike,
            "symbol": one.option.underlying,
            "bid": quote.bid,
            "ask": quote.ask,
            "lastPrice": quote.last,
            "osiKey": words.osi(one),
        }


def _expiry(one: Instrument) -> tuple[int, int, int]:
    assert one.option is not None  # noqa: S101 (that is what was asked for)
    expiry = one.option.expiry
    return expiry.year, expiry.month, expiry.day


def _unknown(symbol: str) -> dict[str, Any]:
    return {"description": f"{symbol} is an invalid symbol", "code": 1002, "type": "ERROR"}
