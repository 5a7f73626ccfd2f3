"""What all that a broker said of an order adds up to, beside what became of it at the exchange."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from functools import reduce
from typing import TypeVar

from brokers.contract import Broker
from domain.errors import BrokerError, OrderNotFound
from domain.events import StreamEvent
from domain.facts import Facts, OrderReport, facts_of, join
from domain.order import OrderStatus
from domain.sums import summed
from sandbox.orders import ENDED, Order, OrdStatus
from tests.conformance.scene import Scene
from tests.waiting import LONGEST, until

T = TypeVar("T")


def known(reports: Iterable[OrderReport], broker_order_id: str) -> Facts:
    """The join of everything that was said of it."""
    return reduce(
        join, [facts_of(one) for one in reports if one.broker_order_id == broker_order_id]
    )


def newest(scene: Scene) -> Order:
    """The order that the exchange took last, of those that hang on no other."""
    heads = [one for one in scene.owner.orders.values() if one.parent_id is None]
    return heads[-1]


def agree(facts: Facts, order: Order) -> None:
    """What we know has to be what is so."""
    sums = summed(facts)
    assert sums.filled == order.filled
    assert sums.status.terminal == (order.status in ENDED)
    assert (sums.status is OrderStatus.FILLED) == (order.status is OrdStatus.FILLED)
    assert sum(one.quantity for one in sums.executions) <= order.filled


async def told(scene: Scene, report: OrderReport) -> list[OrderReport]:
    """Everything that asking brings: the order by its id, and a snapshot."""
    broker = await scene.broker()
    found = [report]
    with suppress(OrderNotFound):
        found.append(await broker.order(scene.account, report.broker_order_id))
    return [*found, *(await broker.snapshot(scene.account)).orders]


async def drained(items: AsyncIterator[T], take: Callable[[T], object]) -> None:
    """Take everything, until it ends or fails."""
    async for item in items:
        take(item)


@asynccontextmanager
async def hearing(broker: Broker) -> AsyncIterator[list[StreamEvent]]:
    """What the stream brings, from its first sign of life on; opened anew whenever it is lost."""
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
    """The reports among them."""
    return [event for event in heard if isinstance(event, OrderReport)]
