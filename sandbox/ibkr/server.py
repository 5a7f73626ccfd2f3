"""Interactive Brokers' hosts: a paper and a live Gateway, and any number of further ones."""

from collections.abc import Sequence
from decimal import Decimal

from sandbox.account import Account
from sandbox.exchange import Exchange
from sandbox.faults import Faults
from sandbox.ibkr.gateway import Gateway
from sandbox.ibkr.session import Session
from sandbox.request_log import RequestLog

PAPER_ACCOUNTS = ("DU1000001", "DU1000002")
LIVE_ACCOUNTS = ("U1000001", "U1000002")


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
        self._gateways: list[Gateway] = []
        self.paper = self.gateway("ibkr-paper", PAPER_ACCOUNTS, port=ports[0])
        self.live = self.gateway("ibkr-live", LIVE_ACCOUNTS, port=ports[1])

    @property
    def hosts(self) -> tuple[Gateway, ...]:
        """All of them."""
        return tuple(self._gateways)

    @property
    def streams(self) -> list[Session]:
        """Every client's connection."""
        return [session for gateway in self._gateways for session in gateway.sessions]

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
        number = len(self._gateways)
        made = Gateway(name, self._exchange, self._faults, self._log, number=number, port=port)
        for one in accounts:
            self.account(made, one, cash=cash, base=base)
        self._gateways.append(made)
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
