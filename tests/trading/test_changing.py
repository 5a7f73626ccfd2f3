"""What is asked of an order, or a position, that is there: to be replaced, canceled or closed."""

import asyncio
from decimal import Decimal

import pytest

import sandbox
from domain.errors import ErrorCode, Problem
from domain.intent import Intent, IntentState
from domain.order import OrderStatus
from sandbox.orders import OrdStatus
from tests.trading.orders import AAPL, hold, ours, resting
from tests.trading.rig import ADA, Rig
from trading.drafts import Changes


async def test_a_replacement_keeps_the_orders_identity(made: Rig, box: sandbox.Sandbox) -> None:
    placed = await made.place(resting(quantity=5))
    assert placed.order_id
    box.exchange.work()
    changes = Changes(quantity=Decimal(7), limit_price=Decimal("2.00"))
    for _ in range(2):
        replaced = await made.desk.orders.replace(ADA, placed.order_id, changes, key="r")
        assert (replaced.state, replaced.order_id) == (IntentState.PLACED, placed.order_id)
    box.exchange.work()
    (account,) = await made.reads.accounts(ADA)
    await made.sync(account)
    order = await made.reads.order(ADA, placed.order_id)
    assert order
    assert (order.terms.quantity, order.terms.limit_price) == (Decimal(7), Decimal("2.00"))
    assert len(order.earlier_broker_ids) == 1
    assert [o.status for o in ours(box)] == [OrdStatus.REPLACED, OrdStatus.NEW]


@pytest.mark.parametrize("fault", ["reset_after", "error_after", "garbage_after"])
async def test_a_replacement_whose_answer_was_lost_is_found(
    made: Rig, box: sandbox.Sandbox, fault: str
) -> None:
    placed = await made.place(resting(quantity=5))
    assert placed.order_id
    box.exchange.work()
    box.faults.add(fault, method="PATCH", path="/v2/orders/*")
    changes = Changes(limit_price=Decimal("2.00"))
    replaced = await made.desk.orders.replace(ADA, placed.order_id, changes, key="r")
    assert (replaced.state, replaced.order_id) == (IntentState.PLACED, placed.order_id)
    assert len([entry for entry in box.log.entries if entry.method == "PATCH"]) == 1
    assert len(ours(box)) == 2


async def test_a_cancel_is_confirmed_by_the_broker(made: Rig, box: sandbox.Sandbox) -> None:
    placed = await made.place(resting())
    assert placed.order_id
    box.exchange.work()
    order = await made.desk.canceling.one(ADA, placed.order_id)
    assert order.status in {OrderStatus.PENDING_CANCEL, OrderStatus.CANCELED}
    box.exchange.work()
    order = await made.desk.canceling.look(ADA, order)
    assert order.status is OrderStatus.CANCELED
    with pytest.raises(Problem) as raised:
        await made.desk.canceling.one(ADA, placed.order_id)
    assert raised.value.code is ErrorCode.CONFLICT


async def test_two_full_size_closes_at_once_are_one_order(made: Rig, box: sandbox.Sandbox) -> None:
    hold(box, 10)
    (account,) = await made.reads.accounts(ADA)
    await made.sync(account)
    close = made.desk.orders.close
    found = await asyncio.gather(
        close(ADA, account.id, AAPL.id, key="one"),
        close(ADA, account.id, AAPL.id, key="two"),
        return_exceptions=True,
    )
    placed = [each for each in found if isinstance(each, Intent)]
    (refused,) = [each for each in found if isinstance(each, Problem)]
    assert [intent.state for intent in placed] == [IntentState.PLACED]
    assert refused.code is ErrorCode.NOTHING_TO_CLOSE
    box.exchange.work()
    assert box.paper.holding("AAPL").quantity == 0
    assert len(ours(box)) == 1
