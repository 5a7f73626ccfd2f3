"""Alpaca's hosts: paper, live (which also signs people in), market data and its stream."""

from decimal import Decimal

from aiohttp import web

from sandbox import answering
from sandbox.account import Account
from sandbox.alpaca import access
from sandbox.alpaca.access import LIVE, PAPER, PREFIX, Access, Credential
from sandbox.alpaca.errors import DIALECT
from sandbox.alpaca.oauth import OAuth
from sandbox.alpaca.orders import Orders
from sandbox.alpaca.portfolio import Portfolio
from sandbox.alpaca.positions import Positions
from sandbox.alpaca.price_stream import PATHS, PriceStream
from sandbox.alpaca.prices import Prices
from sandbox.alpaca.reference import Reference
from sandbox.alpaca.trade_updates import TradeUpdates
from sandbox.exchange import Exchange
from sandbox.faults import Faults
from sandbox.host import Host
from sandbox.request_log import RequestLog
from sandbox.stream import Stream


class Alpaca:
    """The Alpaca of the sandbox: `paper`, `live`, `market` and `market_stream` are its hosts."""

    def __init__(
        self,
        exchange: Exchange,
        faults: Faults,
        log: RequestLog,
        *,
        rate_limit: int = 200,
        ports: tuple[int, ...] = (0, 0, 0, 0),
    ) -> None:
        self._exchange = exchange
        self._faults = faults
        self._log = log
        self._owned: dict[str, Account] = {}
        self.access = Access(clock=exchange.time, limit=rate_limit)
        self.sign_in = OAuth(exchange, self.access, self._owned)
        self.trade_updates = {
            environment: TradeUpdates(exchange, self.access, faults, environment)
            for environment in (PAPER, LIVE)
        }
        self.prices = PriceStream(exchange, self.access, faults)
        self.paper = Host("alpaca-paper", self._trading(PAPER), ports[0])
        self.live = Host("alpaca-live", self._trading(LIVE), ports[1])
        self.market = Host("alpaca-market", self._market(), ports[2])
        self.market_stream = Host("alpaca-market-stream", self._market_stream(), ports[3])

    @property
    def hosts(self) -> tuple[Host, ...]:
        """All of them."""
        return (self.paper, self.live, self.market, self.market_stream)

    @property
    def streams(self) -> list[Stream]:
        """Every websocket that is open."""
        return [stream for stream, _ in self._opened()]

    def revoke(self, id: str) -> None:
        """Let a key or token in no more, and reset the websockets that it opened."""
        self.access.revoke(id)
        for stream, credential in self._opened():
            if credential is not None and credential.id == id:
                stream.cut()

    def _opened(self) -> list[tuple[Stream, Credential | None]]:
        updates = [session for one in self.trade_updates.values() for session in one.sessions]
        prices = [(one.stream, one.credential) for one in self.prices.sessions]
        return prices + [(one.stream, one.credential) for one in updates]

    def account(
        self,
        key_id: str,
        secret: str,
        environment: str = PAPER,
        *,
        cash: Decimal = Decimal(100_000),
        margin: Decimal = Decimal(2),
    ) -> Account:
        """Open an account and the key to it. ValueError if the key looks like the other host's.

        The first account of each environment is the one that an OAuth token opens.
        """
        if not key_id.startswith(PREFIX[environment]):
            raise ValueError(f"a {environment} key starts with {PREFIX[environment]}")
        account = self._exchange.open_account(cash=cash, margin=margin)
        self.access.add(Credential(id=key_id, secret=secret, accounts={environment: account}))
        self._owned.setdefault(environment, account)
        return account

    def _app(self, host: str, environment: str | None, *open_paths: str) -> web.Application:
        return web.Application(
            middlewares=[
                answering.middleware(host, self._exchange, self._faults, self._log, DIALECT),
                access.middleware(self.access, environment, open_paths),
            ]
        )

    def _trading(self, environment: str) -> web.Application:
        app = self._app(f"alpaca-{environment}", environment, "/stream", "/oauth/")
        for nouns in (Orders, Positions, Portfolio, Reference):
            app.router.add_routes(nouns(self._exchange).routes())
        app.router.add_get("/stream", self.trade_updates[environment].connect)
        if environment == LIVE:
            app.router.add_routes(self.sign_in.routes())
        return app

    def _market(self) -> web.Application:
        app = self._app("alpaca-market", None)
        app.router.add_routes(Prices(self._exchange).routes())
        return app

    def _market_stream(self) -> web.Application:
        app = self._app("alpaca-market-stream", None, *PATHS)
        app.router.add_routes(self.prices.routes())
        return app
