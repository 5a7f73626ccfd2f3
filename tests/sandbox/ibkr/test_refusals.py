"""Orders that a Gateway does not take, and notices about orders that it does."""

from copy import copy

import pytest
from ib_async import IB, Contract, Order

from sandbox.ibkr.gateway import Gateway
from sandbox.ibkr.notices import TIF_PRESET, Notice
from tests.sandbox.ibkr.shop import AAPL, order, place, settled, until


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (order("LMT", quantity=100_000, lmtPrice=200), 201),
        (order("LMT", lmtPrice=200.001), 110),
        (order("REL", lmtPrice=200), 321),
        (order("LMT", tif="XXX", lmtPrice=200), 321),
        (order("LMT", lmtPrice=200, account="DU7"), 321),
        (order("LMT", lmtPrice=200, account=""), 435),
        (order("LMT", lmtPrice=200, parentId=77), 135),
    ],
)
async def test_a_refusal_is_an_error_about_the_order_and_nothing_is_placed(
    ib: IB, gateway: Gateway, errors: list[tuple[int, int]], asked: Order, code: int
) -> None:
    trade = ib.placeOrder(AAPL, copy(asked))
    await until(ib, lambda: errors)

    assert errors == [(trade.order.orderId, code)]
    assert gateway.desk.placed == {}


async def test_an_unknown_contract_and_an_index_cannot_be_traded(
    ib: IB, errors: list[tuple[int, int]]
) -> None:
    unknown = Contract(symbol="NOPE", secType="STK", exchange="SMART", currency="USD")
    index = Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD")

    for one in (unknown, index):
        ib.placeOrder(one, order("MKT"))
    await until(ib, lambda: len(errors) == 2)

    assert [code for _, code in errors] == [200, 201]


async def test_what_has_ended_can_be_neither_changed_nor_cancelled(
    ib: IB, errors: list[tuple[int, int]]
) -> None:
    filled = await place(ib, order("LMT", lmtPrice=260), "Filled")
    number = filled.order.orderId

    ib.client.placeOrder(number, AAPL, filled.order)
    ib.client.cancelOrder(number)
    ib.client.cancelOrder(555)
    await until(ib, lambda: len(errors) == 3)

    assert errors == [(number, 104), (number, 10148), (555, 10147)]


async def test_an_order_id_from_before_the_next_one_is_a_duplicate(
    ib: IB, errors: list[tuple[int, int]]
) -> None:
    ib.client.placeOrder(90, AAPL, order("LMT", lmtPrice=200))
    await settled(ib)

    ib.client.placeOrder(80, AAPL, order("LMT", lmtPrice=200))
    await until(ib, lambda: errors)

    assert errors == [(80, 103)]


async def test_a_read_only_gateway_refuses_orders_and_cancels(
    ib: IB, gateway: Gateway, errors: list[tuple[int, int]]
) -> None:
    trade = await place(ib, order("LMT", lmtPrice=200), "Submitted")
    gateway.habits.read_only = True

    ib.placeOrder(AAPL, order("LMT", lmtPrice=200))
    ib.client.cancelOrder(trade.order.orderId)
    await until(ib, lambda: len(errors) == 2)

    assert [code for _, code in errors] == [321, 321]
    assert len(gateway.desk.open_orders()) == 1


async def test_a_notice_about_a_new_order_changes_nothing(
    ib: IB, gateway: Gateway, errors: list[tuple[int, int]]
) -> None:
    gateway.habits.order_notices = [TIF_PRESET, Notice(399, "Order Message:")]

    ib.placeOrder(AAPL, order("LMT", lmtPrice=200))
    await until(ib, lambda: len(errors) == 2)

    assert [code for _, code in errors] == [10349, 399]
    assert [one.status for one in gateway.desk.open_orders()] == ["Submitted"]
