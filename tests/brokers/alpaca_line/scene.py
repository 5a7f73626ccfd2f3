"""What the tests of the Alpaca line ask for, and what they see of its prices."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from brokers.alpaca.symbols import instrument_of
from brokers.contract import Broker
from domain.errors import BrokerError
from domain.events import StreamEvent
from domain.holding import Mark
from domain.instrument import AssetClass, Instrument
from domain.order import OrderStatus
from sandbox import Sandbox
from tests.brokers.hearing import drained, reports

BITCOIN = instrument_of("BTC/USD", "crypto")
COIN = Instrument(asset_class=AssetClass.CRYPTO, symbol="BTC", currency="USD")

SNAPSHOTS = ("/v2/stocks/snapshots", "/v1beta1/options/snapshots")


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
