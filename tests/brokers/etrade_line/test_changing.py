"""Changes and cancels: each asked for once, and told by the list."""

from dataclasses import replace
from decimal import Decimal

import pytest

from brokers.etrade.line import Line
from domain.errors import OrderNotFound, OutcomeUnknown, Refused
from domain.order import OrderStatus
from sandbox import Sandbox
from sandbox.orders import OrdStatus
from tests.brokers.etrade_line.scene import LOST, sent
from tests.brokers.tickets import resting, terms, ticket


async def test_a_change_is_a_new_order_in_the_place_of_the_old_one(
    line: Line, box: Sandbox, number: str
) -> None:
    old = await line.place(resting(number))
    box.exchange.work()
    wanted = replace(old.terms, limit_price=Decimal(201), quantity=Decimal(3))
    new = await line.replace(old, wanted, "bg-2")
    box.exchange.work()
    assert new.replaces == old.broker_order_id
    orders = {one.broker_order_id: one for one in (await line.snapshot(number)).orders}
    assert orders[old.broker_order_id].status is OrderStatus.REPLACED
    assert orders[old.broker_order_id].replaced_by == new.broker_order_id
    assert orders[new.broker_order_id].terms.limit_price == 201
    assert orders[new.broker_order_id].terms.quantity == 3


async def test_a_change_of_what_has_filled_in_part_is_for_the_rest(
    line: Line, box: Sandbox, number: str
) -> None:
    box.exchange.liquidity["AAPL"] = Decimal(3)
    placed = await line.place(ticket(number, terms(quantity="10", limit="260")))
    box.exchange.work()
    old = await line.order(number, placed.broker_order_id)
    assert (old.status, old.filled_quantity) == (OrderStatus.PARTIALLY_FILLED, Decimal(3))
    wanted = replace(old.terms, limit_price=Decimal(100), quantity=Decimal(8))
    new = await line.replace(old, wanted, "bg-2")
    box.exchange.work()
    assert new.terms.quantity == 5
    listed = await line.order(number, new.broker_order_id)
    assert (listed.terms.quantity, listed.filled_quantity) == (Decimal(5), Decimal(0))


@pytest.mark.parametrize("kind", LOST)
async def test_a_change_whose_answer_is_lost_is_sent_once_and_found(
    line: Line, box: Sandbox, number: str, kind: str
) -> None:
    old = await line.place(resting(number))
    box.exchange.work()
    await line.snapshot(number)
    box.faults.add(kind, path="*/change/place.json", status=504)
    with pytest.raises(OutcomeUnknown):
        await line.replace(old, replace(old.terms, limit_price=Decimal(201)), "bg-2")
    assert sent(box, "/change/place.json") == 1
    found = await line.find(number, "bg-2")
    assert found.report is not None
    assert found.report.replaces == old.broker_order_id


async def test_a_cancel_is_asked_for_once_and_told_by_the_list(
    line: Line, box: Sandbox, number: str
) -> None:
    placed = await line.place(resting(number))
    box.faults.add("reset_after", method="PUT", path="*/orders/cancel.json")
    with pytest.raises(OutcomeUnknown):
        await line.cancel(placed)
    assert sent(box, "/orders/cancel.json") == 1
    assert (await line.order(number, placed.broker_order_id)).status is OrderStatus.CANCELED


async def test_a_cancel_that_is_pending_already_is_what_was_wanted(
    line: Line, box: Sandbox, number: str
) -> None:
    placed = await line.place(resting(number))
    told = {"Error": {"code": 5003, "message": "pending"}}
    box.faults.add("alter", method="PUT", path="*/orders/cancel.json", set=told)
    await line.cancel(placed)
    with pytest.raises(Refused):
        await line.cancel(placed)


async def test_a_cancel_that_loses_to_the_fill_leaves_it_filled(
    line: Line, box: Sandbox, number: str
) -> None:
    placed = await line.place(resting(number))
    box.exchange.set_price("AAPL", Decimal(190))
    with pytest.raises(Refused):
        await line.cancel(placed)
    (order,) = box.etrade.margin.orders.values()
    assert order.status is OrdStatus.FILLED
    assert (await line.order(number, placed.broker_order_id)).status is OrderStatus.FILLED


async def test_an_order_that_there_is_not_is_not_found(line: Line, number: str) -> None:
    with pytest.raises(OrderNotFound):
        await line.order(number, "999999")
