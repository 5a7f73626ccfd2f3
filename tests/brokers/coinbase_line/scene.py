"""A line to the sandbox's Coinbase, what is asked of it, and how it is listened to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from app.clock import RealClock
from brokers.coinbase.line import Line
from brokers.coinbase.symbols import pair_of
from brokers.contract import Credentials, Opening
from domain.account import Environment
from domain.errors import BrokerError
from domain.order import OrderSide, OrderType, Terms, TimeInForce
from domain.ticket import Ticket
from sandbox import Sandbox
from sandbox.coinbase.keys import Key
from tests.brokers.desk import Desk

D = Decimal
BITCOIN, ETHER = pair_of("BTC-USD"), pair_of("ETH-USD")
ROOT = "/api/v3/brokerage"


@dataclass(slots=True)
class Off:
    """The real time, and so much more or less."""

    by: timedelta = timedelta()
    real: RealClock = field(default_factory=RealClock)

    def now(self) -> datetime:
        return self.real.now() + self.by

    def monotonic(self) -> float:
        return self.real.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self.real.sleep(0 if seconds < 1 else seconds)


@asynccontextmanager
async def opened(box: Sandbox, desk: Desk, key: Key | None = None) -> AsyncIterator[Line]:
    """A line by the ready-made key, or by another."""
    coinbase = box.coinbase
    used = key or coinbase.key
    line = Line(
        Opening(
            credentials=Credentials({"key_name": used.name, "private_key": used.secret}),
            environment=Environment.SANDBOX,
            endpoints={
                "rest": coinbase.rest.url,
                "market": coinbase.market.socket_url,
                "user": coinbase.user.socket_url,
            },
            gate=desk.gate(),
            clock=desk.clock,
        )
    )
    try:
        yield line
    finally:
        await line.aclose()


def ticket(account: str, name: str = "bg-1", **asked: Any) -> Ticket:
    """A purchase of a tenth of a bitcoin that waits far below the market."""
    usual: dict[str, Any] = {
        "side": OrderSide.BUY,
        "type": OrderType.LIMIT,
        "time_in_force": TimeInForce.GTC,
        "quantity": D("0.1"),
        "limit_price": D(50_000),
    }
    terms = Terms(**(usual | asked))
    return Ticket(account=account, client_order_id=name, instrument=BITCOIN, terms=terms)


def market(account: str, name: str = "bg-1", **asked: Any) -> Ticket:
    """A purchase at the market."""
    usual = {
        "type": OrderType.MARKET,
        "time_in_force": TimeInForce.IOC,
        "limit_price": None,
    }
    return ticket(account, name, **(usual | asked))


async def lost(line: Line) -> BrokerError:
    """Why the stream was lost."""
    try:
        async with asyncio.timeout(5):
            async for _ in line.events():
                pass
    except BrokerError as error:
        return error
    raise AssertionError("it ended in peace")
