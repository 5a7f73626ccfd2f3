"""What there is to trade and when: assets, option contracts, clock and calendar."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.alpaca import tickets, words
from sandbox.alpaca.errors import Refusal, invalid, not_found
from sandbox.answering import reply
from sandbox.clock import CLOSES, NEW_YORK, OPENS, is_session_day, next_time
from sandbox.exchange import Exchange
from sandbox.instruments import Instrument, Kind
from sandbox.json_text import plain

_MOST_DAYS = 366


class Reference:
    """The routes of reference facts."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        """What to serve; a crypto pair's slash may stand in the path as it is."""
        return [
            web.get("/v2/assets", self.assets),
            web.get("/v2/assets/{symbol:.+}", self.asset),
            web.get("/v2/options/contracts", self.contracts),
            web.get("/v2/options/contracts/{symbol}", self.contract),
            web.get("/v2/clock", self.clock),
            web.get("/v2/calendar", self.calendar),
        ]

    async def assets(self, request: web.Request) -> web.Response:
        """All assets but options, which are listed as contracts."""
        query = request.query
        wanted = {
            "class": query.get("asset_class"),
            "exchange": query.get("exchange"),
            "status": query.get("status"),
        }
        found = [_asset(one) for one in self._all() if one.kind is not Kind.OPTION]
        return reply([one for one in found if all(v in {None, one[k]} for k, v in wanted.items())])

    async def asset(self, request: web.Request) -> web.Response:
        """One asset, by symbol or id."""
        return reply(_asset(self._named(request, f"asset for {request.match_info['symbol']}")))

    async def contracts(self, request: web.Request) -> web.Response:
        """The option contracts that the query asks for, on one page."""
        market = self._exchange.market
        found = [one for one in self._all() if one.kind is Kind.OPTION]
        rendered = [_contract(one, market.instruments) for one in found]
        matching = [one for one in rendered if _is_wanted(one, request.query)]
        return reply({"option_contracts": matching, "next_page_token": None})

    async def contract(self, request: web.Request) -> web.Response:
        """One option contract, by symbol or id."""
        symbol = request.match_info["symbol"]
        found = self._named(request, f"option contract {symbol}")
        if found.kind is not Kind.OPTION:
            raise not_found(f"option contract {symbol}")
        return reply(_contract(found, self._exchange.market.instruments))

    async def clock(self, request: web.Request) -> web.Response:
        """Whether the regular session is on, with New York's offset."""
        now = self._exchange.clock().astimezone(NEW_YORK)
        times = {
            "timestamp": now,
            "next_open": next_time(now, OPENS),
            "next_close": next_time(now, CLOSES),
        }
        return reply(
            {"is_open": self._exchange.is_open()}
            | {name: at.isoformat() for name, at in times.items()}
        )

    async def calendar(self, request: web.Request) -> web.Response:
        """The session days from `start` to `end`; the sandbox has no holidays."""
        today = self._exchange.clock().astimezone(NEW_YORK).date()
        first = _day(request.query.get("start"), today)
        last = _day(request.query.get("end"), first + timedelta(days=30))
        count = min((last - first).days + 1, _MOST_DAYS)
        days = [first + timedelta(days=index) for index in range(max(count, 0))]
        return reply([_session(day) for day in days if _is_session(day)])

    def _all(self) -> list[Instrument]:
        every = self._exchange.market.instruments.values()
        return [one for one in every if one.kind in words.ASSET_CLASS]

    def _named(self, request: web.Request, what: str) -> Instrument:
        market = self._exchange.market
        symbol = tickets.resolve_symbol(market, request.match_info["symbol"])
        found = tickets.listed(market, symbol)
        if found is None:
            raise Refusal(404, f"{what} not found", 40410000)
        return found


def _asset(one: Instrument) -> dict[str, Any]:
    equity = one.kind is Kind.EQUITY
    crypto = {
        "min_order_size": "0.000000002",
        "min_trade_increment": plain(one.lot),
        "price_increment": plain(one.increment(one.opening)),
    }
    return {
        "id": str(one.id),
        "class": words.ASSET_CLASS[one.kind],
        "exchange": words.exchange(one),
        "symbol": one.symbol,
        "name": one.name,
        "status": "active",
        "tradable": True,
        "marginable": equity,
        "shortable": equity,
        "easy_to_borrow": equity,
        "fractionable": one.kind is not Kind.OPTION,
        "attributes": ["has_options"] if one.symbol == "AAPL" else [],
        **({} if one.kind is not Kind.CRYPTO else crypto),
    }


def _contract(one: Instrument, instruments: dict[str, Instrument]) -> dict[str, Any]:
    option = one.option
    assert option is not None  # noqa: S101  # an option has terms
    return {
        "id": str(one.id),
        "symbol": one.symbol,
        "name": one.name,
        "status": "active",
        "tradable": True,
        "expiration_date": option.expiry.isoformat(),
        "root_symbol": option.underlying,
        "underlying_symbol": option.underlying,
        "underlying_asset_id": str(instruments[option.underlying].id),
        "type": option.right.lower(),
        "style": "american",
        "strike_price": plain(option.strike),
        "multiplier": plain(one.multiplier),
        "size": plain(one.multiplier),
        "close_price": plain(one.opening),
    }


def _is_wanted(one: dict[str, Any], query: Any) -> bool:
    tests: dict[str, Callable[[str], bool]] = {
        "underlying_symbols": lambda asked: one["underlying_symbol"] in asked.split(","),
        "root_symbol": lambda asked: one["root_symbol"] == asked,
        "type": lambda asked: one["type"] == asked,
        "expiration_date": lambda asked: one["expiration_date"] == asked,
        "expiration_date_gte": lambda asked: one["expiration_date"] >= asked,
        "expiration_date_lte": lambda asked: one["expiration_date"] <= asked,
    }
    return all(test(query[name]) for name, test in tests.items() if name in query)


def _session(day: date) -> dict[str, str]:
    settles = day + timedelta(days=1)
    while not _is_session(settles):
        settles += timedelta(days=1)
    return {
        "date": day.isoformat(),
        "open": f"{OPENS:%H:%M}",
        "close": f"{CLOSES:%H:%M}",
        "session_open": "0400",
        "session_close": "2000",
        "settlement_date": settles.isoformat(),
    }


def _is_session(day: date) -> bool:
    return is_session_day(datetime.combine(day, OPENS, NEW_YORK))


def _day(text: str | None, default: date) -> date:
    try:
        return date.fromisoformat(text[:10]) if text else default
    except ValueError:
        raise invalid("invalid date") from None
