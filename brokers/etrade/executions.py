"""The executions that an order's events tell of, where they add up to what was filled.

The documentation lists events with a filled quantity and an average price of their own; no
recording shows two fills of one order (2026-11). They could as well be sums so far: then they do
not add up, and what was filled stays unattributed.
"""

from collections.abc import Iterator
from decimal import Decimal

from brokers.etrade.times import moment_of
from brokers.wire import Row
from domain.facts import OrderReport
from domain.money import EXACT, ZERO, plain, total
from domain.order import Execution

_EXECUTED = frozenset({"ORDER_EXECUTED", "ORDER_PARTIALLY_EXECUTED"})


def executions(order: Row, report: OrderReport) -> tuple[Execution, ...]:
    """Those of a single instrument's order, oldest first; none if they do not explain it all.

    Each is known by the order and the quantity filled after it, which never repeats.
    """
    if report.legs or report.filled_quantity == 0:
        return ()
    found = tuple(_told(order, report.broker_order_id))
    quantity = total([one.quantity for one in found])
    return found if quantity == report.filled_quantity else ()


def _told(order: Row, broker_order_id: str) -> Iterator[Execution]:
    events = order.row("events")
    cumulative = ZERO
    for event in events.rows("event") if events else ():
        fill = _fill(event) if event.text("name") in _EXECUTED else None
        at = moment_of(event, "dateTime")
        if fill is None or at is None:
            continue
        quantity, price = fill
        cumulative = EXACT.add(cumulative, quantity)
        yield Execution(
            execution_id=f"{broker_order_id}@{plain(cumulative.normalize(EXACT))}",
            quantity=quantity,
            price=price,
            at=at,
        )


def _fill(event: Row) -> tuple[Decimal, Decimal] | None:
    instruments = event.rows("instrument")
    if len(instruments) != 1:
        return None
    quantity = instruments[0].amount("filledQuantity")
    price = instruments[0].amount("averageExecutionPrice")
    return (quantity, price) if quantity and price is not None else None
