"""E*TRADE's one host: it signs people in, lists their accounts, takes orders and tells prices."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from aiohttp import web

from sandbox import answering
from sandbox.account import Account
from sandbox.etrade import access
from sandbox.etrade.access import Access
from sandbox.etrade.accounts import Accounts
from sandbox.etrade.errors import DIALECT
from sandbox.etrade.market import Market
from sandbox.etrade.oauth import OAuth
from sandbox.etrade.orders import Orders
from sandbox.etrade.people import Listed, Person
from sandbox.etrade.portfolio import Portfolio
from sandbox.etrade.tokens import Tokens
from sandbox.etrade.transactions import Transactions
from sandbox.etrade.wire import Quirks
from sandbox.exchange import Exchange
from sandbox.faults import Faults
from sandbox.host import Host
from sandbox.request_log import RequestLog


class ETrade:
    """The E*TRADE of the sandbox, where one person has several accounts.

    `margin` and `retirement` are open, a third one is closed. `quirks` may be turned on at any
    time, `tokens` and `sign_in` asked to do what a person would.
    """

    def __init__(
        self,
        exchange: Exchange,
        faults: Faults,
        log: RequestLog,
        *,
        consumer_key: str,
        consumer_secret: str,
        rate_limit: int = 200,
        port: int = 0,
    ) -> None:
        self._exchange, self._consumer = exchange, consumer_key
        self.quirks, self.person = Quirks(), Person()
        self.tokens = Tokens(clock=exchange.time)
        self.tokens.consumers[consumer_key] = consumer_secret
        self.access = Access(
            clock=exchange.time, tokens=self.tokens, quirks=self.quirks, limit=rate_limit
        )
        self.sign_in = OAuth(self.access)
        self.orders = Orders(exchange, self.person, self.quirks)
        self.portfolio = Portfolio(exchange, self.person, self.quirks)
        self.transactions = Transactions(exchange, self.person, self.quirks)
        self.margin = self.account(name="Individual Brokerage")
        self.retirement = self.account(
            name="Roth IRA", mode="IRA", kind="ROTHIRA", cash=Decimal(40_000), margin=Decimal(1)
        )
        self.account(name="Old account", mode="CASH", cash=Decimal(0), status="CLOSED")
        answer = answering.middleware("etrade", exchange, faults, log, DIALECT)
        self.host = Host("etrade", self._app(answer), port)

    def _app(self, answer: Any) -> web.Application:
        app = web.Application(middlewares=[answer, access.middleware(self.access)])
        for nouns in (
            Accounts(self._exchange, self.person, self.quirks),
            self.portfolio,
            self.transactions,
            self.orders,
            Market(self._exchange, self.quirks),
            self.sign_in,
        ):
            app.router.add_routes(nouns.routes())
        return app

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The one there is."""
        return (self.host,)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Those that are open."""
        return tuple(one.account for one in self.person.open())

    def account(
        self,
        *,
        name: str,
        mode: str = "MARGIN",
        kind: str = "INDIVIDUAL",
        cash: Decimal = Decimal(100_000),
        margin: Decimal = Decimal(2),
        status: str = "ACTIVE",
    ) -> Account:
        """Open another account of the person's."""
        account = self._exchange.open_account(cash=cash, margin=margin)
        listed = Listed(account=account, mode=mode, kind=kind, name=name, status=status)
        self.person.listed.append(listed)
        return account

    def token(self) -> Mapping[str, str]:
        """What a sign-in that went well leaves: the keys, a token, and when it was given."""
        token, secret = self.tokens.issue(self._consumer)
        return {
            "consumer_key": self._consumer,
            "consumer_secret": self.tokens.consumers[self._consumer],
            "token": token,
            "token_secret": secret,
            "signed_in_at": self._exchange.time().isoformat(),
        }

    def revoke(self, token: str) -> None:
        """Let a token in no more, nor renew it."""
        self.tokens.access[token].revoked = True

    def expire(self, *, but: str = "") -> None:
        """End every token at once, as midnight does, but one that may be given later."""
        for name, token in self.tokens.access.items():
            if name != but:
                token.ends = self._exchange.time()
