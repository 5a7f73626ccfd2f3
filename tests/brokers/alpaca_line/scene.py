"""What the tests of the Alpaca line ask for, and what they see of its prices."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal

from brokers.alpaca.symbols import instrument_of
from brokers.contract import Broker
from domain.errors import BrokerError
from domain.events import StreamEvent
from domain.holding import Mark
from domain.instrument import AssetClass, Instrument, option_of
from domain.order import OrderSide, OrderStatus, OrderType, Terms, TimeInForce
from domain.ticket import Ticket
from sandbox import Sandbox
from tests.brokers.hearing import drained, reports

APPLE = instrument_of("AAPL", "us_equity")
BITCOIN = instrument_of("BTC/USD", "crypto")
COIN = Instrument(asset_class=AssetClass.CRYPTO, symbol="BTC", currency="USD")
CALL = option_of("AAPL271217C00250000") or APPLE

BUY, SELL = OrderSide.BUY, OrderSide.SELL
SNAPSHOTS = ("/v2/stocks/snapshots", "/v1beta1/options/snapshots")


def terms(
    side: OrderSide = BUY,
    quantity: str = "2",
    limit: str | None = None,
    time_in_force: TimeInForce = TimeInForce.DAY,
) -> Terms:
    return Terms(
        side=side,
        type=OrderType.MARKET if limit is None else OrderType.LIMIT,
        time_in_force=time_in_force,
        quantity=Decimal(quantity),
        limit_price=None if limit is None else Decimal(limit),
    )


def ticket(
    account: str, wanted: Terms, instrument: Instrument = APPLE, name: str = "bg-1"
) -> Ticket:
    return Ticket(account=account, client_order_id=name, instrument=instrument, terms=wanted)


def resting(account: str, name: str = "bg-1", quantity: str = "2") -> Ticket:
    """An order that waits below the market."""
    return ticket(account, terms(limit="200", quantity=quantity), name=name)


async def to_its_loss(items: AsyncIterator[object]) -> None:
    """Read on until it raises."""
    async with asyncio.timeout(5):
        await drained(items, lambda _: None)


def has(heard: list[StreamEvent], wanted: OrderStatus) -> Callable[[], bool]:
    return lambda: any(report.status is wanted for report in reports(heard))


def sent(box: Sandbox, method: str) -> int:
    """How often a method was received."""
    return sum(entry.method == method for entry in box.log.entries)


def latest(marks: list[Mark], instrument: Instrument) -> Mark | None:
    return next((mark for mark in reversed(marks) if mark.instrument_id == instrument.id), None)


@asynccontextmanager
async def pricing(line: Broker) -> AsyncIterator[list[Mark]]:
    marks: list[Mark] = []

    task = asyncio.create_task(drained(line.marks(), marks.append))
    try:
        yield marks
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, BrokerError):
            await task
