"""What all that a broker said of an order adds up to, beside what became of it at the exchange."""

from contextlib import suppress

from domain.errors import OrderNotFound
from domain.facts import OrderReport
from domain.order import OrderStatus
from domain.sums import Sum
from sandbox.orders import ENDED, Order, OrdStatus
from tests.conformance.scene import Scene


def newest(scene: Scene) -> Order:
    """The order that the exchange took last, of those that hang on no other."""
    heads = [one for one in scene.owner.orders.values() if one.parent_id is None]
    return heads[-1]


def agree(sums: Sum, order: Order) -> None:
    """What we know has to be what is so."""
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
