"""Starting the sandbox inside a running event loop, and stopping it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from typing import Any

from sandbox.acts import ACTS
from sandbox.alpaca.access import LIVE, PAPER
from sandbox.alpaca.server import Alpaca
from sandbox.clock import Clock, wall_clock
from sandbox.coinbase.server import Coinbase
from sandbox.control import Control
from sandbox.demo import Investor, beginning, seed_demo
from sandbox.etrade.server import ETrade
from sandbox.exchange import Exchange
from sandbox.faults import Faults
from sandbox.host import Address, Host
from sandbox.ibkr.server import Ibkr
from sandbox.instruments import Kind
from sandbox.request_log import RequestLog
from sandbox.stream import Line

PAPER_KEY, PAPER_SECRET = "PKSANDBOX00000000001", "sandbox-paper-secret"  # opens play money only
LIVE_KEY, LIVE_SECRET = "AKSANDBOX00000000001", "sandbox-live-secret"  # opens play money only
CLIENT_ID, CLIENT_SECRET = "sandbox-client", "sandbox-client-secret"  # signs play money in
CONSUMER_KEY, CONSUMER_SECRET = "sandbox-consumer", "sandbox-consumer-secret"  # an app of play


class Sandbox:
    """The brokers and all that can be done to them; `serve` runs it.

    `paper` and `live` are the accounts that the ready-made keys of Alpaca open.
    """

    def __init__(self, exchange: Exchange, *, rate_limit: int | None = None, port: int = 0) -> None:
        self.exchange = exchange
        self.faults = Faults()
        self.log = RequestLog()
        ports = range(port + 1, port + 5) if port else (0,) * 4
        self.alpaca = Alpaca(
            exchange, self.faults, self.log, rate_limit=rate_limit or 200, ports=tuple(ports)
        )
        self.paper = self.alpaca.account(PAPER_KEY, PAPER_SECRET, PAPER)
        self.live = self.alpaca.account(LIVE_KEY, LIVE_SECRET, LIVE, cash=Decimal(50_000))
        self.alpaca.sign_in.clients[CLIENT_ID] = CLIENT_SECRET
        self.coinbase = Coinbase(
            exchange,
            self.faults,
            self.log,
            rate_limit=rate_limit or 30,
            ports=tuple(range(port + 5, port + 8)) if port else (0,) * 3,
        )
        self.etrade = ETrade(
            exchange,
            self.faults,
            self.log,
            consumer_key=CONSUMER_KEY,
            consumer_secret=CONSUMER_SECRET,
            rate_limit=rate_limit or 200,
            port=port + 8 if port else 0,
        )
        self.ibkr = Ibkr(
            exchange,
            self.faults,
            self.log,
            ports=tuple(range(port + 9, port + 12)) if port else (0,) * 3,
        )
        self.control = Host("control", Control(self).app(), port)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def hosts(self) -> tuple[Address, ...]:
        """The brokers' hosts, not its own."""
        return (*self.alpaca.hosts, *self.coinbase.hosts, *self.etrade.hosts, *self.ibkr.hosts)

    @property
    def investors(self) -> tuple[Investor, ...]:
        """Whose books a demo fills, and with what their brokers list."""
        coins, stocks = frozenset({Kind.CRYPTO}), frozenset({Kind.EQUITY, Kind.OPTION})
        abroad = stocks | {Kind.ABROAD, Kind.FUTURE}
        return (
            Investor(account=self.paper, kinds=stocks | coins),
            Investor(account=self.live, kinds=stocks | coins),
            Investor(account=self.coinbase.account, kinds=coins),
            *(Investor(account=one, kinds=stocks) for one in self.etrade.accounts),
            *(Investor(account=one, kinds=abroad) for one in self.ibkr.paper.accounts.values()),
        )

    @property
    def streams(self) -> list[Line]:
        """Every websocket that is open, and every other connection that lasts."""
        return [*self.alpaca.streams, *self.coinbase.streams, *self.ibkr.streams]

    def tick(self) -> None:
        """Move the prices by one step."""
        self.exchange.tick()

    async def inflict(self, kind: str, **fields: Any) -> None:
        """Make something go wrong: a fault of sandbox/faults.py later, an act of acts.py now.

        ValueError on a kind or a field that there is not.
        """
        if kind in ACTS:
            await ACTS[kind](self, fields)
        else:
            self.faults.add(kind, **fields)

    def later(self, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        """Do something after a while, unless the sandbox stops before."""

        async def wait() -> None:
            await asyncio.sleep(seconds)
            await do()

        self._run(wait())

    def tick_every(self, seconds: float) -> None:
        """Move the prices in real time from now on."""

        async def ticking() -> None:
            while True:
                await asyncio.sleep(seconds)
                self.tick()

        self._run(ticking())

    async def stop(self) -> None:
        """End what runs in the background."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _run(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@asynccontextmanager
async def serve(
    *,
    seed: int = 0,
    clock: Clock = wall_clock,
    tick_interval: float | None = None,
    rate_limit: int | None = None,
    always_open: bool = True,
    demo: bool = False,
    port: int = 0,
) -> AsyncIterator[Sandbox]:
    """Run the brokers on loopback until the block is left.

    Ports are the system's choice, or `port` (control) and those that follow it. `tick_interval` in
    seconds moves the prices in real time; without it they move by `tick()`. `demo` gives the
    ready-made accounts a month of history. `rate_limit` is requests for each credential, a
    second at Coinbase and a minute elsewhere; None is what each broker allows.
    """
    start = beginning(clock) if demo else clock()
    exchange = Exchange(seed=seed, clock=lambda: start, always_open=always_open)
    box = Sandbox(exchange, rate_limit=rate_limit, port=port)
    if demo:
        seed_demo(exchange, box.investors, clock)
    exchange.clock = clock
    async with AsyncExitStack() as stack:
        for host in (*box.hosts, box.control):
            stack.push_async_callback(host.close)
            await host.up()
        stack.push_async_callback(box.stop)
        if tick_interval:
            box.tick_every(tick_interval)
        yield box
