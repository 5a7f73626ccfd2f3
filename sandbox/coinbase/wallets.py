"""Wallets, the portfolio that they are in, and what the key may do."""

from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from aiohttp import web

from sandbox import valuation
from sandbox.account import Account
from sandbox.answering import reply
from sandbox.coinbase import words
from sandbox.coinbase.access import ACCOUNT, CALLER
from sandbox.coinbase.errors import not_found
from sandbox.coinbase.pages import page
from sandbox.coinbase.words import moment, money, worked_out
from sandbox.exchange import Exchange
from sandbox.instruments import Instrument
from sandbox.market import Market

_ROOT = "/api/v3/brokerage"
MOST = 250


class Wallets:
    """The routes of wallets and portfolios."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.page_of = MOST
        """Wallets in a page, whatever more is asked for."""

    def routes(self) -> list[web.RouteDef]:
        """What to serve."""
        return [
            web.get(f"{_ROOT}/key_permissions", self.permissions),
            web.get(f"{_ROOT}/accounts", self.list),
            web.get(f"{_ROOT}/accounts/{{uuid}}", self.show),
            web.get(f"{_ROOT}/portfolios", self.portfolios),
            web.get(f"{_ROOT}/portfolios/{{uuid}}", self.breakdown),
        ]

    async def permissions(self, request: web.Request) -> web.Response:
        """What the key may do, and in which portfolio."""
        key = request[CALLER]
        return reply(
            {
                "can_view": key.can_view,
                "can_trade": key.can_trade,
                "can_transfer": key.can_transfer,
                "portfolio_uuid": key.account.id,
                "portfolio_type": "DEFAULT",
            }
        )

    async def list(self, request: web.Request) -> web.Response:
        """The wallets, in pages of 49 unless `limit` says otherwise."""
        found = wallets(request[ACCOUNT], self._exchange.market)
        part, cursor = page(
            found, request.query, key="uuid", usual=49, most=MOST, at_once=self.page_of
        )
        more = bool(cursor)
        return reply({"accounts": part, "has_next": more, "cursor": cursor, "size": len(part)})

    async def show(self, request: web.Request) -> web.Response:
        """One wallet."""
        for one in wallets(request[ACCOUNT], self._exchange.market):
            if one["uuid"] == request.match_info["uuid"]:
                return reply({"account": one})
        raise not_found("account")

    async def portfolios(self, request: web.Request) -> web.Response:
        """The one portfolio that a key opens."""
        return reply({"portfolios": [_portfolio(request[ACCOUNT])]})

    async def breakdown(self, request: web.Request) -> web.Response:
        """What is in it, and what that cost."""
        account = request[ACCOUNT]
        if request.match_info["uuid"] != account.id:
            raise not_found("portfolio")
        return reply({"breakdown": _breakdown(account, self._exchange.market)})


def wallet_id(account: Account, currency: str) -> str:
    """The same on every run with the same account."""
    return str(uuid5(NAMESPACE_OID, f"{account.id}:{currency}"))


def wallets(account: Account, market: Market) -> list[dict[str, Any]]:
    """A wallet for each currency and each coin, empty ones too."""
    cash = {"USD": account.cash, **account.foreign}
    held = valuation.value(account, market).reserved
    found = [
        _wallet(account, currency, total, held if currency == "USD" else Decimal(0))
        for currency, total in cash.items()
    ]
    for instrument in words.listed(market):
        total = account.holding(instrument.symbol).quantity
        free = valuation.available(account, instrument.symbol) if total else Decimal(0)
        found.append(_wallet(account, _coin(instrument), total, total - free))
    return found


def _wallet(account: Account, currency: str, total: Decimal, hold: Decimal) -> dict[str, Any]:
    fiat = currency in {"USD", *account.foreign}
    return {
        "uuid": wallet_id(account, currency),
        "name": f"{currency} Wallet",
        "currency": currency,
        "available_balance": money(total - hold, currency),
        "default": True,
        "active": True,
        "created_at": moment(account.opened),
        "updated_at": moment(account.opened),
        "deleted_at": None,
        "type": "ACCOUNT_TYPE_FIAT" if fiat else "ACCOUNT_TYPE_CRYPTO",
        "ready": True,
        "hold": money(hold, currency),
        "retail_portfolio_id": account.id,
        "platform": "ACCOUNT_PLATFORM_CONSUMER",
    }


def _portfolio(account: Account) -> dict[str, Any]:
    """The one portfolio that a key opens."""
    return {"name": "Default", "uuid": account.id, "type": "DEFAULT", "deleted": False}


def _breakdown(account: Account, market: Market) -> dict[str, Any]:
    """What a portfolio holds and what it cost; numbers are numbers here."""
    cash, total = valuation.cash(account, market), valuation.value(account, market)
    positions = [
        _position(account, currency, amount, amount * market.rate(currency), None)
        for currency, amount in {"USD": account.cash, **account.foreign}.items()
    ]
    coins = [one for one in words.listed(market) if account.holding(one.symbol).quantity]
    for one in coins:
        held = account.holding(one.symbol)
        worth = held.quantity * market.quotes[one.symbol].last
        positions.append(_position(account, _coin(one), held.quantity, worth, held.cost))
    return {
        "portfolio": _portfolio(account),
        "portfolio_balances": {
            "total_balance": money(total.equity),
            "total_futures_balance": money(Decimal(0)),
            "total_cash_equivalent_balance": money(cash),
            "total_crypto_balance": money(total.long_value),
            "futures_unrealized_pnl": money(Decimal(0)),
            "perp_unrealized_pnl": money(Decimal(0)),
        },
        "spot_positions": positions,
        "perp_positions": [],
        "futures_positions": [],
    }


def _position(
    account: Account, asset: str, total: Decimal, worth: Decimal, cost: Decimal | None
) -> dict[str, Any]:
    return {
        "asset": asset,
        "account_uuid": wallet_id(account, asset),
        "total_balance_fiat": worth,
        "total_balance_crypto": total,
        "available_to_trade_fiat": worth,
        "allocation": Decimal(0),
        "one_day_change": Decimal(0),
        "cost_basis": {"value": worked_out(cost), "currency": "USD"},
        "asset_img_url": "",
        "is_cash": cost is None,
    }


def _coin(instrument: Instrument) -> str:
    return instrument.symbol.partition("/")[0]
