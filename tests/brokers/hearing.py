"""What a line's stream brings, and what all that was said of an order adds up to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from functools import reduce
from typing import TypeVar

from brokers.contract import Broker
from domain.errors import BrokerError
from domain.events import StreamEvent
from domain.facts import Facts, OrderReport, facts_of, join
from domain.sums import Sum, summed
from tests.waiting import LONGEST, until

T = TypeVar("T")


async def drained(items: AsyncIterator[T], take: Callable[[T], object]) -> None:
    """Take everything, until it ends or fails."""
    async for item in items:
        take(item)


@asynccontextmanager
async def hearing(broker: Broker) -> AsyncIterator[list[StreamEvent]]:
    """What the stream brings from its first sign of life on, until it is lost."""
    heard: list[StreamEvent] = []

    task = asyncio.create_task(drained(broker.events(), heard.append))
    await until(lambda: heard or task.done())
    try:
        yield heard
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, BrokerError):
            await task


@asynccontextmanager
async def hearing_on(broker: Broker) -> AsyncIterator[list[StreamEvent]]:
    """The same, with the stream opened anew whenever it is lost."""
    heard: list[StreamEvent] = []

    async def listen() -> None:
        while True:
            with suppress(BrokerError):
                await drained(broker.events(), heard.append)
            await asyncio.sleep(0.02)

    task = asyncio.create_task(listen())
    try:
        await until(lambda: heard)
        yield heard
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=LONGEST)
        assert task.cancelled(), "a stream that nobody listens to any more is let go of"


def reports(heard: Iterable[StreamEvent]) -> list[OrderReport]:
    """The reports of orders among it."""
    return [event for event in heard if isinstance(event, OrderReport)]


def joined(said: Iterable[OrderReport], broker_order_id: str) -> Facts:
    """Everything that was said of one order."""
    return reduce(join, [facts_of(one) for one in said if one.broker_order_id == broker_order_id])


def known(said: Iterable[OrderReport], broker_order_id: str) -> Sum:
    """What that adds up to."""
    return summed(joined(said, broker_order_id))
