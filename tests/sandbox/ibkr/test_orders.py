"""Orders over the library: each type and time in force, changes, cancels and previews."""

from copy import copy
from datetime import timedelta
from typing import Any

import pytest
from ib_async import IB, Order

from sandbox import Sandbox
from sandbox.clock import CLOSES, ManualClock, next_time
from sandbox.ibkr.gateway import Gateway
from tests.sandbox.ibkr.shop import AAPL, FIRST, D, order, place, settled, until


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

    await box.inflict("auction", at="AT_THE_CLOSE")
    await until(ib, lambda: closing.orderStatus.status == "Filled")
    assert opening.orderStatus.status == "PreSubmitted"

    await box.inflict("auction", at="AT_THE_OPENING")
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


async def test_selling_more_than_is_held_turns_it_short(ib: IB) -> None:
    await place(ib, order("MKT"), "Filled")

    sold = await place(ib, order("MKT", "SELL", quantity=15), "Filled")
    await until(ib, lambda: sold.fills[0].commissionReport.execId)

    held = [(one.account, one.position) for one in ib.positions()]
    assert held == [(FIRST, -5)]
    assert sold.fills[0].commissionReport.realizedPNL == pytest.approx(-1.4)


async def test_what_is_good_for_the_day_ends_with_it_without_notice(
    errors: list[tuple[int, int]], ib: IB, box: Sandbox
) -> None:
    # The exchange's own time never goes back, so it goes on from now.
    box.exchange.clock = clock = ManualClock(box.exchange.clock())
    trade = await place(ib, order("LMT", tif="DAY", lmtPrice=200), "Submitted")

    clock.now = next_time(clock(), CLOSES) - timedelta(microseconds=1)
    box.exchange.work()
    await settled(ib)
    assert trade.orderStatus.status == "Submitted"
    clock.advance(timedelta(microseconds=1))
    box.exchange.work()
    await until(ib, lambda: trade.orderStatus.status == "Cancelled")

    (done,) = await ib.reqCompletedOrdersAsync(apiOnly=False)
    assert done.orderStatus.status == "Cancelled"
    assert errors == []
