"""Orders over the library: each type and time in force, changes, cancels, families, refusals."""

from copy import copy
from typing import Any

import pytest
from ib_async import IB, ComboLeg, Contract, Fill, Order, Trade

from sandbox import Sandbox
from sandbox.ibkr.gateway import Gateway
from sandbox.ibkr.notices import TIF_PRESET, Notice
from sandbox.orders import OrdType, Side, Ticket, TimeInForce
from tests.sandbox.ibkr.conftest import Connect
from tests.sandbox.ibkr.shop import AAPL, FIRST, D, order, place, settled, until

CALL_250, CALL_270 = "AAPL  271217C00250000", "AAPL  271217C00270000"


@pytest.fixture
def errors(ib: IB) -> list[tuple[int, int]]:
    """Every error and notice: whom it is about, and its code."""
    heard: list[tuple[int, int]] = []
    ib.errorEvent += lambda about, code, *_: heard.append((about, code))
    return heard


def con_id(gateway: Gateway, local_symbol: str) -> int:
    return next(
        one.con_id for one in gateway.catalog.by_id.values() if one.local_symbol == local_symbol
    )


async def test_a_market_order_is_told_as_it_was_recorded(ib: IB) -> None:
    trade = await place(ib, order("MKT", orderRef="bg-1"), "Filled")
    await until(ib, lambda: trade.fills[0].commissionReport.commission)

    assert [one.status for one in trade.log] == [
        "PendingSubmit",
        "PreSubmitted",
        "PreSubmitted",
        "Filled",
    ]
    execution, report = trade.fills[0].execution, trade.fills[0].commissionReport
    assert (execution.side, execution.shares, execution.orderRef) == ("BOT", 10, "bg-1")
    assert (execution.permId, execution.clientId) == (trade.orderStatus.permId, 1)
    assert (report.execId, report.commission, report.currency) == (execution.execId, 1.0, "USD")


LATER = "20991231 15:00:00 US/Eastern"


def offset(limit: float, stop: float) -> dict[str, Any]:
    """The terms of a trailing stop limit besides how far it trails."""
    return {"lmtPriceOffset": limit, "trailStopPrice": stop}


TYPES = [
    (order("MKT"), "Filled", ""),
    (order("LMT", lmtPrice=260), "Filled", ""),
    (order("LMT", lmtPrice=200), "Submitted", ""),
    (order("STP", auxPrice=255), "PreSubmitted", "trigger"),
    (order("STP LMT", auxPrice=255, lmtPrice=256), "PreSubmitted", "trigger"),
    (order("TRAIL", auxPrice=5), "PreSubmitted", "trigger"),
    (order("TRAIL", trailingPercent=2), "PreSubmitted", "trigger"),
    (order("TRAIL LIMIT", auxPrice=5, **offset(1, 255)), "PreSubmitted", "trigger"),
    (order("MIT", auxPrice=245), "PreSubmitted", "trigger"),
    (order("LIT", auxPrice=245, lmtPrice=245), "PreSubmitted", "trigger"),
    (order("MOC", tif="DAY"), "PreSubmitted", ""),
    (order("LOC", tif="DAY", lmtPrice=260), "PreSubmitted", ""),
    (order("MKT", tif="OPG"), "PreSubmitted", ""),
    (order("LMT", tif="OPG", lmtPrice=260), "PreSubmitted", ""),
    (order("LMT", tif="GTD", lmtPrice=200, goodTillDate=LATER), "Submitted", ""),
    (order("LMT", tif="DAY", lmtPrice=200), "Submitted", ""),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "status", "held"), TYPES)
async def test_each_type_stands_as_it_should(
    ib: IB, gateway: Gateway, asked: Order, status: str, held: str
) -> None:
    trade = await place(ib, copy(asked), status)
    await settled(ib)

    assert (trade.orderStatus.status, trade.orderStatus.whyHeld) == (status, held)
    listed = await ib.reqAllOpenOrdersAsync()
    assert [one.order.orderType for one in listed] == (
        [] if status == "Filled" else [asked.orderType]
    )


TRIGGERS = [
    (order("STP", auxPrice=255), "256", "Filled"),
    (order("STP LMT", auxPrice=255, lmtPrice=270), "256", "Filled"),
    (order("STP LMT", auxPrice=255, lmtPrice=255), "256", "Submitted"),
    (order("MIT", auxPrice=245), "244", "Filled"),
    (order("LIT", auxPrice=245, lmtPrice=246), "244", "Filled"),
    (order("TRAIL", "SELL", auxPrice=5), "244", "Filled"),
    (order("TRAIL LIMIT", "SELL", auxPrice=5, **offset(5, 245)), "244", "Filled"),
    (order("TRAIL LIMIT", "SELL", auxPrice=5, **offset(0, 245)), "240", "Submitted"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "price", "status"), TRIGGERS)
async def test_what_waits_for_a_price_is_woken_by_it(
    ib: IB, box: Sandbox, asked: Order, price: str, status: str
) -> None:
    trade = await place(ib, copy(asked), "PreSubmitted")
    await settled(ib)

    box.exchange.set_price("AAPL", D(price))
    if status == "Submitted":  # it is told with the next news of it
        listed = await ib.reqAllOpenOrdersAsync()
        assert [one.orderStatus.status for one in listed] == ["Submitted"]
    else:
        await until(ib, lambda: trade.orderStatus.status == status)


async def test_auctions_fill_what_waited_for_them(ib: IB, box: Sandbox) -> None:
    closing = await place(ib, order("MOC", tif="DAY"), "PreSubmitted")
    opening = await place(ib, order("MKT", tif="OPG"), "PreSubmitted")
    await settled(ib)

    box.exchange.auction(TimeInForce.AT_THE_CLOSE)
    await until(ib, lambda: closing.orderStatus.status == "Filled")
    assert opening.orderStatus.status == "PreSubmitted"

    box.exchange.auction(TimeInForce.AT_THE_OPENING)
    await until(ib, lambda: opening.orderStatus.status == "Filled")


async def test_a_kill_that_does_not_fill_is_inactive_and_an_ioc_is_cancelled_without_notice(
    ib: IB, box: Sandbox, errors: list[tuple[int, int]]
) -> None:
    box.exchange.liquidity["AAPL"] = D(3)

    killed = await place(ib, order("LMT", tif="FOK", lmtPrice=260), "Inactive")
    partly = await place(ib, order("LMT", tif="IOC", lmtPrice=260), "Cancelled")

    assert (killed.fills, partly.orderStatus.filled) == ([], 3)
    assert errors == []


async def test_an_order_is_modified_in_place_and_keeps_its_ids(ib: IB) -> None:
    trade = await place(ib, order("LMT", lmtPrice=200), "Submitted")
    perm_id = trade.orderStatus.permId

    trade.order.lmtPrice, trade.order.totalQuantity = 201.5, 7
    ib.placeOrder(AAPL, trade.order)
    await settled(ib)

    (listed,) = await ib.reqAllOpenOrdersAsync()
    kept = listed.order.permId, listed.order.lmtPrice, listed.order.totalQuantity
    assert list(kept) == [perm_id, 201.5, 7]
    assert listed.orderStatus.remaining == 7


async def test_a_modification_may_let_it_fill(ib: IB) -> None:
    trade = await place(ib, order("LMT", lmtPrice=200), "Submitted")

    trade.order.lmtPrice = 260
    ib.placeOrder(AAPL, trade.order)

    await until(ib, lambda: trade.orderStatus.status == "Filled")


async def test_a_cancel_is_told_with_notice_202(ib: IB, errors: list[tuple[int, int]]) -> None:
    trade = await place(ib, order("LMT", lmtPrice=200), "Submitted")

    ib.cancelOrder(trade.order)
    await until(ib, lambda: errors)

    assert [one.status for one in trade.log][-2:] == ["PendingCancel", "Cancelled"]
    assert errors == [(trade.order.orderId, 202)]


async def test_partial_fills_come_one_by_one(ib: IB, box: Sandbox) -> None:
    box.exchange.liquidity["AAPL"] = D(4)
    trade = ib.placeOrder(AAPL, order("LMT", lmtPrice=260))
    await until(ib, lambda: trade.orderStatus.filled == 4)
    box.tick()
    await until(ib, lambda: trade.orderStatus.filled == 8)
    box.tick()
    await until(ib, lambda: trade.orderStatus.status == "Filled")

    assert [one.execution.shares for one in trade.fills] == [4, 4, 2]
    assert [one.execution.cumQty for one in trade.fills] == [4, 8, 10]
    assert len({one.execution.execId for one in trade.fills}) == 3


def bracket(ib: IB) -> list[Order]:
    orders = list(ib.bracketOrder("BUY", 5, 249, 260, 240))
    for one in orders:
        one.account, one.tif = FIRST, "GTC"
    return orders


async def test_a_bracket_goes_at_once_and_one_end_cancels_the_other(ib: IB, box: Sandbox) -> None:
    trades = [ib.placeOrder(AAPL, one) for one in bracket(ib)]
    await until(ib, lambda: trades[2].orderStatus.whyHeld == "child")
    assert [one.orderStatus.status for one in trades] == [
        "Submitted",
        "PreSubmitted",
        "PreSubmitted",
    ]

    box.exchange.set_price("AAPL", D(248))
    await until(ib, lambda: trades[1].orderStatus.status == "Submitted")
    box.exchange.set_price("AAPL", D(262))
    await until(ib, lambda: trades[2].orderStatus.status == "Cancelled")

    assert [one.orderStatus.status for one in trades] == ["Filled", "Filled", "Cancelled"]
    parent = trades[0].order.orderId
    assert [one.orderStatus.parentId for one in trades] == [0, parent, parent]


async def test_cancelling_the_head_of_a_bracket_cancels_it_all(ib: IB) -> None:
    trades = [ib.placeOrder(AAPL, one) for one in bracket(ib)]
    await until(ib, lambda: trades[2].orderStatus.whyHeld == "child")

    ib.cancelOrder(trades[0].order)

    await until(ib, lambda: all(one.orderStatus.status == "Cancelled" for one in trades))


async def test_an_order_that_is_not_transmitted_makes_no_sound_until_it_is(
    ib: IB, gateway: Gateway
) -> None:
    waiting = order("LMT", lmtPrice=200, transmit=False)
    trade = ib.placeOrder(AAPL, waiting)
    await settled(ib)
    assert (trade.orderStatus.status, gateway.desk.placed) == ("PendingSubmit", {})

    trade.order.transmit = True
    ib.placeOrder(AAPL, trade.order)

    await until(ib, lambda: trade.orderStatus.status == "Submitted")


async def test_a_group_cancels_what_is_left_of_it(ib: IB) -> None:
    resting = await place(ib, order("LMT", lmtPrice=200, ocaGroup="one", ocaType=1), "Submitted")

    await place(ib, order("LMT", lmtPrice=260, ocaGroup="one", ocaType=1), "Filled")

    await until(ib, lambda: resting.orderStatus.status == "Cancelled")


def vertical(gateway: Gateway, action: str = "BUY") -> Contract:
    """A call bought and a higher one sold."""
    other = {"BUY": "SELL", "SELL": "BUY"}[action]
    legs = [(CALL_250, action), (CALL_270, other)]
    return Contract(
        secType="BAG",
        symbol="AAPL",
        exchange="SMART",
        currency="USD",
        comboLegs=[
            ComboLeg(conId=con_id(gateway, symbol), ratio=1, action=side, exchange="SMART")
            for symbol, side in legs
        ],
    )


def shown(fill: Fill) -> tuple[str, str, float, float]:
    execution = fill.execution
    return fill.contract.secType, execution.side, execution.shares, execution.price


async def test_a_combination_is_told_as_a_whole_and_by_its_legs(ib: IB, gateway: Gateway) -> None:
    trade = await place(ib, order("LMT", quantity=2, lmtPrice=12), "Filled", vertical(gateway))

    assert [shown(one) for one in trade.fills] == [
        ("OPT", "BOT", 2, 32.51),
        ("OPT", "SLD", 2, 23.39),
        ("BAG", "BOT", 2, 9.12),
    ]
    held = {one.contract.localSymbol: one.position for one in ib.positions()}
    assert held == {CALL_250: 2, CALL_270: -2}


async def test_a_combination_is_sold_for_the_price_of_its_opposite(
    ib: IB, gateway: Gateway
) -> None:
    trade = await place(
        ib, order("LMT", "SELL", quantity=1, lmtPrice=9), "Filled", vertical(gateway)
    )

    assert [shown(one) for one in trade.fills] == [
        ("OPT", "SLD", 1, 32.49),
        ("OPT", "BOT", 1, 23.41),
        ("BAG", "SLD", 1, 9.08),
    ]


async def test_a_resting_combination_names_its_legs(ib: IB, gateway: Gateway) -> None:
    await place(ib, order("LMT", quantity=1, lmtPrice=1), "Submitted", vertical(gateway))

    (listed,) = await ib.reqAllOpenOrdersAsync()

    legs = listed.contract.comboLegs or []
    assert [(one.conId, one.ratio, one.action) for one in legs] == [
        (con_id(gateway, CALL_250), 1, "BUY"),
        (con_id(gateway, CALL_270), 1, "SELL"),
    ]


async def test_what_if_tells_margins_and_commission_and_places_nothing(
    ib: IB, gateway: Gateway
) -> None:
    state = await ib.whatIfOrderAsync(AAPL, order("LMT", lmtPrice=200))

    assert (state.initMarginBefore, state.initMarginChange, state.initMarginAfter) == (
        "0",
        "500",
        "500",
    )
    assert (state.commission, state.commissionCurrency) == (1.0, "USD")
    assert gateway.desk.placed == {}


async def test_what_if_may_come_in_two_steps(ib: IB, gateway: Gateway) -> None:
    gateway.habits.two_step_preview = True

    state = await ib.whatIfOrderAsync(AAPL, order("LMT", lmtPrice=200))

    assert state.initMarginChange == "500"


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


async def test_another_clients_order_is_seen_when_asked_for_and_heard_of_by_the_master(
    ib: IB, connect: Connect, gateway: Gateway
) -> None:
    gateway.habits.master_client_id = 7
    master, other = await connect(7), await connect(8)

    trade = await place(ib, order("LMT", lmtPrice=200), "Submitted")
    await settled(master)

    assert [one.order.permId for one in master.openTrades()] == [trade.order.permId]
    assert other.openTrades() == []
    assert [one.order.permId for one in await other.reqAllOpenOrdersAsync()] == [trade.order.permId]


async def test_an_order_placed_by_hand_has_no_client_and_no_order_id(
    ib: IB, box: Sandbox, gateway: Gateway
) -> None:
    ticket = Ticket(
        symbol="AAPL",
        side=Side.BUY,
        quantity=D(1),
        time_in_force=TimeInForce.GOOD_TILL_CANCEL,
    )
    box.exchange.submit(gateway.accounts[FIRST], ticket)
    box.exchange.work()

    assert ib.openTrades() == []
    (done,) = await ib.reqCompletedOrdersAsync(apiOnly=False)
    assert (done.order.orderType, done.orderStatus.status) == ("MKT", "Filled")
    (fill,) = await ib.reqExecutionsAsync()
    assert (fill.execution.orderId, fill.execution.clientId) == (0, 0)


async def test_global_cancel_cancels_everything(ib: IB, box: Sandbox, gateway: Gateway) -> None:
    trade = await place(ib, order("LMT", lmtPrice=200), "Submitted")
    by_hand = Ticket(
        symbol="MSFT", side=Side.SELL, quantity=D(1), type=OrdType.LIMIT, limit_price=D(900)
    )
    box.exchange.submit(gateway.accounts[FIRST], by_hand)
    box.exchange.work()

    ib.reqGlobalCancel()
    await until(ib, lambda: trade.orderStatus.status == "Cancelled")

    assert gateway.desk.open_orders() == []


async def test_completed_orders_have_the_reference_but_no_client(ib: IB) -> None:
    trade = await place(ib, order("LMT", lmtPrice=260, orderRef="bg-7"), "Filled")

    (done,) = await ib.reqCompletedOrdersAsync(apiOnly=False)

    assert (done.order.orderRef, done.order.permId) == ("bg-7", trade.order.permId)
    assert (done.order.orderId, done.order.clientId) == (0, 0)
    assert (done.order.filledQuantity, done.orderStatus.status) == (10, "Filled")


async def test_selling_more_than_is_held_turns_it_short(ib: IB) -> None:
    await place(ib, order("MKT"), "Filled")

    sold: Trade = await place(ib, order("MKT", "SELL", quantity=15), "Filled")
    await until(ib, lambda: sold.fills[0].commissionReport.execId)

    held = [(one.account, one.position) for one in ib.positions()]
    assert held == [(FIRST, -5)]
    assert sold.fills[0].commissionReport.realizedPNL == pytest.approx(-1.4)
