"""The Flex Web Service, version 3: a statement is ordered, then fetched once it is made.

    box.ibkr.flex.url                      # .../AccountManagement/FlexWebService under it
    server.FLEX_TOKEN, server.FLEX_QUERY   # of the paper login; the live one has its own token
    box.ibkr.flex_service.polls = 3        # how often a statement is still in the making (1019)
    box.ibkr.flex_service.refuse(1018)     # the next answer is this error instead
    box.ibkr.flex_service.tokens[FLEX_TOKEN].expires = ...    # 1012 from then on
    box.ibkr.flex_service.transfer(account, "AAPL", Decimal(5))    # positions moved in

Errors and their words: a table kept by others (ibflex, read 2026-11-20).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from aiohttp import web

from sandbox.account import Account
from sandbox.exchange import Exchange
from sandbox.ibkr import statement
from sandbox.ibkr.gateway import Gateway
from sandbox.ibkr.statement import Transfer

ROOT = "/AccountManagement/FlexWebService"
TOKEN_LIFE = timedelta(days=365)
_VERSION = "3"
ERRORS = {
    1001: "Statement could not be generated at this time. Please try again shortly.",
    1003: "Statement is not available.",
    1009: "The server is under heavy load. Statement could not be generated at this time. "
    "Please try again shortly.",
    1012: "Token has expired.",
    1013: "IP restriction.",
    1014: "Query is invalid.",
    1015: "Token is invalid.",
    1017: "Reference code is invalid.",
    1018: "Too many requests have been made from this token. Please try again shortly.",
    1019: "Statement generation in progress. Please try again shortly.",
    1020: "Invalid request or unable to validate request.",
}
_SHORTLY = frozenset({1001, 1009, 1018, 1019})
"""Those that are told as a warning: it may work later."""


class _No(Exception):
    """An error instead of an answer."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True, kw_only=True)
class Grant:
    """What a token opens."""

    gateway: Gateway
    expires: datetime
    queries: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class _Ordered:
    """A statement that was asked for."""

    token: str
    polls: int


class Flex:
    """The service; statements hold all that ever happened in the login's accounts."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.tokens: dict[str, Grant] = {}
        self.polls = 1
        self.transfers: dict[str, list[Transfer]] = {}
        """By account number."""
        self._ordered: dict[str, _Ordered] = {}
        self._refusals: list[int] = []

    def routes(self) -> list[web.RouteDef]:
        """Both requests."""
        return [
            web.get(f"{ROOT}/SendRequest", self.order),
            web.get(f"{ROOT}/GetStatement", self.fetch),
        ]

    def grant(self, token: str, gateway: Gateway, *queries: str) -> None:
        """Let a token order statements of a login."""
        expires = self._exchange.time() + TOKEN_LIFE
        self.tokens[token] = Grant(gateway=gateway, expires=expires, queries=set(queries))

    def refuse(self, code: int, times: int = 1) -> None:
        """Answer the next requests with an error."""
        self._refusals += [code] * times

    def transfer(self, account: Account, symbol: str, quantity: Decimal) -> None:
        """Move positions in, at the market's price, without any cash."""
        market = self._exchange.market
        price = market.quotes[symbol].last
        value = quantity * price * market.instruments[symbol].multiplier
        account.holdings[symbol] = account.holding(symbol).traded(quantity, value)
        moved = Transfer(symbol=symbol, quantity=quantity, value=value, at=self._exchange.now())
        self.transfers.setdefault(account.number, []).append(moved)

    async def order(self, request: web.Request) -> web.Response:
        """SendRequest: a reference to fetch the statement by."""
        return self._answered(request, self._order)

    async def fetch(self, request: web.Request) -> web.Response:
        """GetStatement: the statement, or 1019 for as long as it is in the making."""
        return self._answered(request, self._fetch)

    def _answered(
        self, request: web.Request, make: Callable[[web.Request, str], str]
    ) -> web.Response:
        try:
            text = make(request, self._token(request))
        except _No as error:
            status = "Warn" if error.code in _SHORTLY else "Fail"
            at = self._exchange.time()
            text = statement.refused(status, error.code, ERRORS[error.code], at)
        return web.Response(text=text, content_type="text/xml")

    def _order(self, request: web.Request, token: str) -> str:
        if request.query.get("q") not in self.tokens[token].queries:
            raise _No(1014)
        reference = f"{4_000_000_000 + len(self._ordered)}"
        self._ordered[reference] = _Ordered(token=token, polls=self.polls)
        url = f"{request.url.origin()}{ROOT}/GetStatement"
        return statement.ordered(reference, url, self._exchange.time())

    def _fetch(self, request: web.Request, token: str) -> str:
        ordered = self._ordered.get(request.query.get("q", ""))
        if ordered is None or ordered.token != token:
            raise _No(1017)
        if ordered.polls:
            ordered.polls -= 1
            raise _No(1019)
        gateway = self.tokens[token].gateway
        return statement.activity(gateway, self.transfers, self._exchange.time())

    def _token(self, request: web.Request) -> str:
        """The token that asks; a program that does not name itself is turned away."""
        if not request.headers.get("User-Agent"):
            raise web.HTTPForbidden(text="<html><body>Forbidden</body></html>")
        if self._refusals:
            raise _No(self._refusals.pop(0))
        token = request.query.get("t", "")
        if request.query.get("v") != _VERSION:
            raise _No(1020)
        if token not in self.tokens:
            raise _No(1015)
        if self.tokens[token].expires <= self._exchange.time():
            raise _No(1012)
        return token
