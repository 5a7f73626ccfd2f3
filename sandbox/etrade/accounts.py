"""/v1/accounts: the list of them, and the balance of one."""

from decimal import Decimal
from typing import Any

from aiohttp import web

from sandbox import valuation
from sandbox.etrade import wire
from sandbox.etrade.errors import Refusal
from sandbox.etrade.people import Listed, Person
from sandbox.etrade.wire import Quirks
from sandbox.etrade.words import figure
from sandbox.exchange import Exchange

ENDING = "{ending:(\\.json)?}"


class Accounts:
    """The routes of accounts."""

    def __init__(self, exchange: Exchange, person: Person, quirks: Quirks) -> None:
        self._exchange, self._person, self._quirks = exchange, person, quirks

    def routes(self) -> list[web.RouteDef]:
        """What to serve."""
        return [
            web.get(f"/v1/accounts/list{ENDING}", self.list),
            web.get(f"/v1/accounts/{{key}}/balance{ENDING}", self.balance),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """All of the person's accounts, closed ones too; an empty answer if there are none."""
        listed = [_listed(one) for one in self._person.listed]
        if not listed:
            return web.Response(status=204)
        body = {"AccountListResponse": {"Accounts": {"Account": listed}}}
        return wire.answer(request, body, self._quirks)

    async def balance(self, request: web.Request) -> web.Response:
        """Cash and worth at the last prices; what institution is meant has to be said."""
        if request.query.get("instType") != "BROKERAGE":
            raise Refusal(500, "Internal server error", html=True)
        listed = self._person.by_key(request.match_info["key"])
        value = valuation.value(listed.account, self._exchange.market)
        body = _balance(listed, value)
        return wire.answer(request, {"BalanceResponse": body}, self._quirks)


def _listed(one: Listed) -> dict[str, Any]:
    return {
        "accountId": one.account.number,
        "accountIdKey": one.key,
        "accountMode": one.mode,
        "accountDesc": one.name,
        "accountName": one.name,
        "accountType": one.kind,
        "institutionType": "BROKERAGE",
        "accountStatus": one.status,
        "closedDate": 0,
        "shareWorksAccount": False,
    }


def _balance(listed: Listed, value: valuation.Valuation) -> dict[str, Any]:
    cash, zero = figure(value.cash), Decimal(0)
    computed: dict[str, Any] = {
        "cashAvailableForInvestment": figure(value.free),
        "cashAvailableForWithdrawal": figure(value.free),
        "netCash": cash,
        "cashBalance": cash,
        "settledCashForInvestment": cash,
        "unSettledCashForInvestment": zero,
        "cashBuyingPower": figure(value.free),
        "OpenCalls": {"minEquityCall": zero, "fedCall": zero, "cashCall": zero, "houseCall": zero},
        "RealTimeValues": {
            "totalAccountValue": figure(value.equity),
            "netMv": figure(value.long_value + value.short_value),
            "netMvLong": figure(value.long_value),
            "netMvShort": figure(value.short_value),
        },
    }
    if listed.mode == "MARGIN":
        computed["marginBuyingPower"] = figure(value.buying_power)
    return {
        "accountId": listed.account.number,
        "accountType": listed.kind,
        "optionLevel": "LEVEL_4",
        "accountDescription": listed.name,
        "quoteMode": 0,
        "Cash": {"fundsForOpenOrdersCash": figure(value.reserved), "moneyMktBalance": zero},
        "Computed": computed,
    }
