"""Alpaca's hosts: paper, live (which also signs people in), and market data."""

from decimal import Decimal

from aiohttp import web

from sandbox import answering
from sandbox.account import Account
from sandbox.alpaca import access
from sandbox.alpaca.access import LIVE, PAPER, PREFIX, Access, Credential
from sandbox.alpaca.errors import REFUSALS
from sandbox.alpaca.orders import Orders
from sandbox.alpaca.portfolio import Portfolio
from sandbox.alpaca.positions import Positions
from sandbox.alpaca.trade_updates import TradeUpdates
from sandbox.exchange import Exchange
from sandbox.faults import Faults
from sandbox.host import Host
from sandbox.request_log import RequestLog

_OPEN = ("/stream", "/oauth/")


class Alpaca:
    """The Alpaca of the sandbox: `paper`, `live` and `market` are its hosts."""

    def __init__(
        self,
        exchange: Exchange,
        faults: Faults,
        log: RequestLog,
        *,
        rate_limit: int = 200,
        ports: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        self._exchange = exchange
        self._faults = faults
        self._log = log
        self.access = Access(clock=exchange.clock, limit=rate_limit)
        self.trade_updates = {
            environment: TradeUpdates(exchange, self.access, faults, environment)
            for environment in (PAPER, LIVE)
        }
        self.paper = Host(self._trading(PAPER), ports[0])
        self.live = Host(self._trading(LIVE), ports[1])

    @property
    def hosts(self) -> tuple[Host, ...]:
        """All of them."""
        return (self.paper, self.live)

    def account(
        self,
        key_id: str,
        secret: str,
        environment: str = PAPER,
        *,
        cash: Decimal = Decimal(100_000),
        margin: Decimal = Decimal(2),
    ) -> Account:
        """Open an account and the key to it. ValueError if the key looks like the other host's."""
        if not key_id.startswith(PREFIX[environment]):
            raise ValueError(f"a {environment} key starts with {PREFIX[environment]}")
        account = self._exchange.open_account(cash=cash, margin=margin)
        self.access.add(Credential(id=key_id, secret=secret, accounts={environment: account}))
        return account

    def _app(self, host: str, environment: str | None) -> web.Application:
        return web.Application(
            middlewares=[
                answering.middleware(host, self._exchange, self._faults, self._log, REFUSALS),
                access.middleware(self.access, environment, _OPEN),
            ]
        )

    def _trading(self, environment: str) -> web.Application:
        app = self._app(f"alpaca-{environment}", environment)
        for nouns in (Orders, Positions, Portfolio):
            app.router.add_routes(nouns(self._exchange).routes())
        app.router.add_get("/stream", self.trade_updates[environment].connect)
        return app
