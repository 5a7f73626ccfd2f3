"""/v2/account: balances, configurations, activities and the history of equity."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from sandbox import valuation
from sandbox.account import Account
from sandbox.alpaca import render
from sandbox.alpaca.access import ACCOUNT, require
from sandbox.alpaca.errors import invalid
from sandbox.alpaca.orders import body, count_asked, moment_asked
from sandbox.alpaca.words import moment, number
from sandbox.answering import reply
from sandbox.clock import NEW_YORK
from sandbox.exchange import Exchange

_DEFAULTS = {
    "disable_overnight_trading": False,
    "dtbp_check": "entry",
    "fractional_trading": True,
    "max_margin_multiplier": "4",
    "max_options_trading_level": 3,
    "no_shorting": False,
    "pdt_check": "entry",
    "ptp_no_exception_entry": False,
    "suspend_trade": False,
    "trade_confirm_email": "all",
}
_MINUTES = {"1Min": 1, "5Min": 5, "15Min": 15, "1H": 60, "1D": 1440}
_DAYS = {"D": 1, "W": 7, "M": 30, "A": 365}


class Portfolio:
    """The routes of an account."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._configurations: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[web.RouteDef]:
        """What to serve."""
        return [
            web.get("/v2/account", self.show),
            web.get("/v2/account/configurations", self.configurations),
            web.patch("/v2/account/configurations", self.configure),
            web.get("/v2/account/activities", self.activities),
            web.get("/v2/account/activities/{type}", self.activities),
            web.get("/v2/account/portfolio/history", self.history),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Balances at the last prices."""
        account = request[ACCOUNT]
        value = valuation.value(account, self._exchange.market)
        suspended = self._settings(account)["suspend_trade"]
        return reply(
            _identity(account, self._exchange.clock(), suspended=suspended)
            | _balances(account, value)
        )

    async def configurations(self, request: web.Request) -> web.Response:
        """The account's settings."""
        return reply(self._settings(request[ACCOUNT]))

    async def configure(self, request: web.Request) -> web.Response:
        """Change settings; a suspended account takes no orders."""
        require(request, "account:write")
        account, asked = request[ACCOUNT], await body(request)
        if unknown := set(asked) - set(_DEFAULTS):
            raise invalid(f"unknown configuration: {min(unknown)[:40]}")
        self._configurations[account.id] = self._settings(account) | asked
        account.blocked = bool(self._settings(account)["suspend_trade"])
        return reply(self._settings(account))

    async def activities(self, request: web.Request) -> web.Response:
        """Executions and cash movements, newest first, paged by the last item's id."""
        return reply(_page(_all_activities(request[ACCOUNT], request), request.query))

    async def history(self, request: web.Request) -> web.Response:
        """The equity points that the exchange kept, one for each step of the timeframe."""
        return reply(_history(request[ACCOUNT], self._exchange.clock(), request.query))

    def _settings(self, account: Account) -> dict[str, Any]:
        return self._configurations.get(account.id, _DEFAULTS)


def _identity(account: Account, now: datetime, *, suspended: bool) -> dict[str, Any]:
    return {
        "id": account.id,
        "account_number": account.number,
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "currency": account.currency,
        "created_at": moment(account.opened),
        "balance_asof": f"{now - timedelta(days=1):%Y-%m-%d}",
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "trade_suspended_by_user": suspended,
        "shorting_enabled": True,
        "multiplier": number(account.margin),
        "options_approved_level": 3,
        "options_trading_level": 3,
    }


def _balances(account: Account, value: valuation.Valuation) -> dict[str, Any]:
    zero = Decimal(0)
    amounts = {
        "cash": value.cash,
        "equity": value.equity,
        "portfolio_value": value.equity,
        "position_market_value": value.long_value + value.short_value,
        "last_equity": account.previous_equity,
        "long_market_value": value.long_value,
        "short_market_value": value.short_value,
        "initial_margin": value.requirement,
        "maintenance_margin": value.requirement,
        "last_maintenance_margin": value.requirement,
        "buying_power": value.buying_power,
        "regt_buying_power": value.buying_power,
        "effective_buying_power": value.buying_power,
        "non_marginable_buying_power": value.free,
        "options_buying_power": value.free,
        "accrued_fees": zero,
        "pending_transfer_in": zero,
        "pending_transfer_out": zero,
        "pending_reg_taf_fees": zero,
        "intraday_adjustments": zero,
        "sma": zero,
    }
    return {name: number(amount) for name, amount in amounts.items()}


def _all_activities(account: Account, request: web.Request) -> list[dict[str, Any]]:
    """Those of the types, or the category, that are asked for."""
    query = request.query
    asked = request.match_info.get("type") or query.get("activity_types")
    category = query.get("category")
    if asked and category:
        raise invalid("category cannot be used with activity_types")
    fills = [render.fill(account, one) for one in account.executions.values()]
    movements = [render.movement(one) for one in account.movements]
    trades, others = category != "non_trade_activity", category != "trade_activity"
    found = (fills if trades else []) + (movements if others else [])
    wanted = set(asked.split(",")) if asked else None
    return [one for one in found if wanted is None or one["activity_type"] in wanted]


def _page(found: list[dict[str, Any]], query: Any) -> list[dict[str, Any]]:
    size = count_asked(query.get("page_size", "100"), "page_size", 100)
    newest_first = query.get("direction", "desc") == "desc"
    found = [one for one in found if _in_window(one, query)]
    found.sort(key=lambda one: str(one["id"]), reverse=newest_first)
    token = query.get("page_token")
    if token:
        found = [one for one in found if (one["id"] < token) is newest_first and one["id"] != token]
    return found[:size]


def _in_window(one: dict[str, Any], query: Any) -> bool:
    at = moment_asked(one.get("transaction_time") or one["created_at"])
    if "date" in query:
        return at.date() == moment_asked(query["date"]).date()
    after, until = query.get("after"), query.get("until")
    return not (after and at <= moment_asked(after)) and not (until and at >= moment_asked(until))


def _history(account: Account, now: datetime, query: Any) -> dict[str, Any]:
    period = query.get("period", "1M")
    if period[-1:] not in _DAYS or not period[:-1].isdigit():
        raise invalid("invalid period")
    days = int(period[:-1]) * _DAYS[period[-1]]
    timeframe = query.get("timeframe") or _usual_timeframe(days)
    if timeframe not in _MINUTES:
        raise invalid("invalid timeframe")
    end = moment_asked(query["end"]) if "end" in query else now
    start = moment_asked(query["start"]) if "start" in query else end - timedelta(days=days)
    points = _steps(account, start, end, _MINUTES[timeframe])
    base = next((value for at, value in reversed(account.equity_points) if at < start), None)
    if base is None:
        base = points[0][1] if points else account.previous_equity
    return {
        "timestamp": [at for at, _ in points],
        "equity": [value for _, value in points],
        "profit_loss": [value - base for _, value in points],
        "profit_loss_pct": [round(value / base - 1, 6) if base else 0 for _, value in points],
        "base_value": base,
        "timeframe": timeframe,
    }


def _usual_timeframe(days: int) -> str:
    if days < _DAYS["W"]:
        return "1Min"
    return "15Min" if days < _DAYS["M"] else "1D"


def _steps(
    account: Account, start: datetime, end: datetime, minutes: int
) -> list[tuple[int, Decimal]]:
    """The last equity of each step, dated at the step's start in unix seconds.

    Days are New York's, dated at 20:00 of the day, as in the vendor's examples.
    """
    step = timedelta(minutes=minutes)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    last: dict[int, Decimal] = {}
    for at, equity in account.equity_points:
        if start <= at <= end:
            if minutes == _MINUTES["1D"]:
                stamp = int(_evening(at).timestamp())
            else:
                stamp = int((at - epoch) // step * step.total_seconds())
            last[stamp] = equity
    return list(last.items())


def _evening(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(NEW_YORK).date(), time(20), NEW_YORK)
