"""Orders that bring others with them."""

from dataclasses import replace
from decimal import Decimal

import pytest

import sandbox
from domain.errors import ErrorCode
from domain.intent import IntentState
from domain.order import OrderClass, OrderSide
from domain.ticket import Exits
from tests.trading.orders import hold, market, refused, resting
from tests.trading.rig import Rig


@pytest.mark.parametrize(
    ("kind", "exits"),
    [
        (OrderClass.BRACKET, Exits(take_profit=Decimal(900), stop_loss=Decimal(1))),
        (OrderClass.OTO, Exits(stop_loss=Decimal(2), stop_limit=Decimal(1))),
        (OrderClass.OTO, Exits(take_profit=Decimal(900))),
    ],
)
async def test_an_order_brings_its_exits(
    made: Rig, box: sandbox.Sandbox, kind: OrderClass, exits: Exits
) -> None:
    draft = market()
    contingent = replace(draft, terms=replace(draft.terms, order_class=kind), exits=exits)
    placed = await made.place(contingent)
    assert placed.state is IntentState.PLACED, placed.message
    await refused(ErrorCode.IDEMPOTENCY_KEY_REUSED, made, draft)
    wrong = replace(contingent, exits=Exits(stop_limit=Decimal(1)))
    await refused(ErrorCode.INVALID_TICKET, made, wrong, "wrong")
    box.exchange.work()
    legs = [order for order in box.paper.orders.values() if order.parent_id]
    prices = {order.ticket.limit_price for order in legs} | {o.ticket.stop_price for o in legs}
    assert prices - {None} == {exits.take_profit, exits.stop_loss, exits.stop_limit} - {None}


async def test_one_exit_cancels_the_other(made: Rig, box: sandbox.Sandbox) -> None:
    hold(box, 2)
    draft = resting(OrderSide.SELL, 2, 900)
    terms = replace(draft.terms, order_class=OrderClass.OCO)
    oco = replace(draft, terms=terms, exits=Exits(stop_loss=Decimal(100)))
    assert (await made.place(oco)).state is IntentState.PLACED
    box.exchange.work()
    box.exchange.set_price("AAPL", Decimal(90))
    box.exchange.work()
    assert box.paper.holding("AAPL").quantity == 0
    assert not any(order.live for order in box.paper.orders.values())
