"""Interactive Brokers' hosts: a paper and a live Gateway, further ones, and the Flex service."""

from collections.abc import Sequence
from decimal import Decimal

from aiohttp import web

from sandbox import answering
from sandbox.account import Account
from sandbox.answering import Dialect
from sandbox.exchange import Exchange
from sandbox.faults import Faults
from sandbox.host import Address, Host
from sandbox.ibkr.flex import Flex
from sandbox.ibkr.gateway import Gateway
from sandbox.ibkr.session import Session
from sandbox.request_log import RequestLog

PAPER_ACCOUNTS = ("DU1000001", "DU1000002")
LIVE_ACCOUNTS = ("U1000001", "U1000002")
FLEX_TOKEN, FLEX_LIVE_TOKEN = "160000000000000000000001", "160000000000000000000002"  # play money
FLEX_QUERY = "700001"
_FLEX_DIALECT = Dialect(
    request_id="X-Request-Id", error="", rate_limited="", refused="", unauthorized=""
)


class Ibkr:
    """The Interactive Brokers of the sandbox: `paper` and `live` are its Gateways."""

    def __init__(
        self,
        exchange: Exchange,
        faults: Faults,
        log: RequestLog,
        *,
        ports: tuple[int, ...] = (0, 0, 0),
    ) -> None:
        self._exchange = exchange
        self._faults = faults
        self._log = log
        self.gateways: list[Gateway] = []
        self.paper = self.gateway("ibkr-paper", PAPER_ACCOUNTS, port=ports[0])
        self.live = self.gateway("ibkr-live", LIVE_ACCOUNTS, port=ports[1])
        self.flex_service = Flex(exchange)
        self.flex_service.grant(FLEX_TOKEN, self.paper, FLEX_QUERY)
        self.flex_service.grant(FLEX_LIVE_TOKEN, self.live, FLEX_QUERY)
        self.flex = Host("ibkr-flex", self._flex_app(), ports[2])

    @property
    def hosts(self) -> tuple[Address, ...]:
        """All of them."""
        return (*self.gateways, self.flex)

    @property
    def streams(self) -> list[Session]:
        """Every client's connection."""
        return [session for gateway in self.gateways for session in gateway.sessions]

    def gateway(
        self,
        name: str,
        accounts: Sequence[str],
        *,
        port: int = 0,
        cash: Decimal = Decimal(100_000),
        base: str = "USD",
    ) -> Gateway:
        """Another Gateway with fresh accounts, each with `cash` USD; bring it `up()`."""
        number = len(self.gateways)
        made = Gateway(name, self._exchange, self._faults, self._log, number=number, port=port)
        for one in accounts:
            self.account(made, one, cash=cash, base=base)
        self.gateways.append(made)
        return made

    def account(
        self,
        gateway: Gateway,
        number: str,
        *,
        cash: Decimal = Decimal(100_000),
        margin: Decimal = Decimal(4),
        base: str = "USD",
    ) -> Account:
        """One more account behind a Gateway."""
        account = self._exchange.open_account(cash=cash, margin=margin)
        return gateway.admit(number, account, base=base)

    def _flex_app(self) -> web.Application:
        middleware = answering.middleware(
            "ibkr-flex", self._exchange, self._faults, self._log, _FLEX_DIALECT
        )
        app = web.Application(middlewares=[middleware])
        app.router.add_routes(self.flex_service.routes())
        return app
