"""Coinbase's hosts: REST, the market's websocket and the user's."""

from decimal import Decimal

from aiohttp import web

from sandbox import answering
from sandbox.account import Account
from sandbox.coinbase import access, keys
from sandbox.coinbase.access import Access
from sandbox.coinbase.errors import DIALECT
from sandbox.coinbase.history import History
from sandbox.coinbase.keys import Key
from sandbox.coinbase.orders import Orders
from sandbox.coinbase.products import Products
from sandbox.coinbase.sockets import Sockets
from sandbox.coinbase.wallets import Wallets
from sandbox.exchange import Exchange
from sandbox.faults import Faults
from sandbox.host import Host
from sandbox.request_log import RequestLog
from sandbox.stream import Stream

_NAME = "organizations/5a6b0c1e-0000-4000-8000-000000000000/apiKeys/"
_FEE = Decimal("0.006")
"""The share of a trade's money that is charged: a taker's of the lowest tier, recorded in 2024."""


class Coinbase:
    """The Coinbase of the sandbox; `account` is what its two ready-made keys open.

    `key` is an ES256 one, `ed25519_key` is of the other kind; both may trade and not transfer.
    """

    def __init__(
        self,
        exchange: Exchange,
        faults: Faults,
        log: RequestLog,
        *,
        rate_limit: int = 30,
        ports: tuple[int, ...] = (0, 0, 0),
    ) -> None:
        self._exchange, self._faults, self._log = exchange, faults, log
        self.access = Access(clock=exchange.time, limit=rate_limit)
        self.account = self.open_account()
        self.key = self.access.add(keys.es256(f"{_NAME}es256", self.account))
        self.ed25519_key = self.access.add(keys.ed25519(f"{_NAME}ed25519", self.account))
        self.wallets = Wallets(exchange)
        self.markets = Sockets(exchange, self.access, faults, private=False)
        self.users = Sockets(exchange, self.access, faults, private=True)
        self.rest = Host("coinbase-rest", self._rest(), ports[0])
        self.market = Host("coinbase-market", self._socket("market", self.markets), ports[1])
        self.user = Host("coinbase-user", self._socket("user", self.users), ports[2])

    @property
    def key_name(self) -> str:
        """The name of the ready-made ES256 key."""
        return self.key.name

    @property
    def pem(self) -> str:
        """Its private key."""
        return self.key.secret

    @property
    def hosts(self) -> tuple[Host, ...]:
        """All of them."""
        return (self.rest, self.market, self.user)

    @property
    def streams(self) -> list[Stream]:
        """Every websocket that is open."""
        sockets = (self.markets, self.users)
        return [session.stream for one in sockets for session in one.sessions]

    def open_account(self, *, cash: Decimal = Decimal(50_000)) -> Account:
        """A portfolio of its own: coins for cash, and nothing is lent."""
        account = self._exchange.open_account(cash=cash, margin=Decimal(1))
        account.fee_rate = _FEE
        return account

    def new_key(self, name: str, account: Account | None = None, **may: bool) -> Key:
        """Another ES256 key, to the ready-made account unless another is given."""
        return self.access.add(keys.es256(_NAME + name, account or self.account, **may))

    def revoke(self, name: str) -> None:
        """Let a key in no more, and reset the websockets that it opened."""
        self.access.keys[name].dead = True
        for session in list(self.users.sessions):
            if session.key is not None and session.key.name == name:
                session.stream.cut()

    def _rest(self) -> web.Application:
        app = web.Application(
            middlewares=[
                answering.middleware(
                    "coinbase-rest", self._exchange, self._faults, self._log, DIALECT
                ),
                access.middleware(self.access),
            ]
        )
        app.router.add_routes(self.wallets.routes())
        for nouns in (Products, Orders, History):
            app.router.add_routes(nouns(self._exchange).routes())
        return app

    def _socket(self, name: str, sockets: Sockets) -> web.Application:
        host = f"coinbase-{name}"
        log = answering.middleware(host, self._exchange, self._faults, self._log, DIALECT)
        app = web.Application(middlewares=[log])
        app.router.add_get("/", sockets.connect)
        return app
