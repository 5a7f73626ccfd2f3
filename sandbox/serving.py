"""Starting the sandbox inside a running event loop, and stopping it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from sandbox.account import Account
from sandbox.alpaca.access import LIVE, PAPER
from sandbox.alpaca.server import Alpaca
from sandbox.clock import Clock, wall_clock
from sandbox.exchange import Exchange
from sandbox.faults import Faults
from sandbox.request_log import RequestLog

PAPER_KEY, PAPER_SECRET = "PKSANDBOX00000000001", "sandbox-paper-secret"  # opens play money only
LIVE_KEY, LIVE_SECRET = "AKSANDBOX00000000001", "sandbox-live-secret"  # opens play money only


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A running sandbox; `paper` and `live` are the accounts that its ready-made keys open."""

    exchange: Exchange
    faults: Faults
    log: RequestLog
    alpaca: Alpaca
    paper: Account
    live: Account

    def tick(self) -> None:
        """Move the prices by one step."""
        self.exchange.tick()


@asynccontextmanager
async def serve(
    *,
    seed: int = 0,
    clock: Clock = wall_clock,
    tick_interval: float | None = None,
    rate_limit: int = 200,
    always_open: bool = True,
) -> AsyncIterator[Sandbox]:
    """Run the brokers on loopback ports of the system's choice until the block is left.

    `tick_interval` in seconds moves the prices in real time; without it they move by `tick()`.
    """
    exchange = Exchange(seed=seed, clock=clock, always_open=always_open)
    faults, log = Faults(), RequestLog()
    alpaca = Alpaca(exchange, faults, log, rate_limit=rate_limit)
    box = Sandbox(
        exchange=exchange,
        faults=faults,
        log=log,
        alpaca=alpaca,
        paper=alpaca.account(PAPER_KEY, PAPER_SECRET, PAPER),
        live=alpaca.account(LIVE_KEY, LIVE_SECRET, LIVE),
    )
    for host in alpaca.hosts:
        await host.up()
    ticking = asyncio.create_task(_tick(exchange, tick_interval)) if tick_interval else None
    try:
        yield box
    finally:
        if ticking is not None:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking
        for host in alpaca.hosts:
            await host.close()


async def _tick(exchange: Exchange, interval: float) -> None:
    while True:
        await asyncio.sleep(interval)
        exchange.tick()
