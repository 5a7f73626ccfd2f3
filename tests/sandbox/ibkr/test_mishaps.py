"""What goes wrong with a Gateway: lost answers, restarts, doubts, lies, and half-open sockets."""

import asyncio
import re

import pytest
from ib_async import IB

from sandbox import Sandbox
from sandbox.ibkr.gateway import Gateway
from sandbox.ibkr.notices import FARM_BROKEN
from tests.sandbox.ibkr.conftest import Connect, Dial
from tests.sandbox.ibkr.shop import AAPL, D, gone, order, place, settled, until
from tests.sandbox.ibkr.wire import PLACE


async def test_an_order_whose_answer_is_cut_off_is_placed_once(
    ib: IB, box: Sandbox, gateway: Gateway, connect: Connect
) -> None:
    await box.inflict("reset_after", method="TWS", path="/placeOrder")
    ib.placeOrder(AAPL, order("LMT", lmtPrice=200, orderRef="bg-1"))
    await gone(ib)

    again = await connect(2)

    found = await again.reqAllOpenOrdersAsync()
    assert [one.order.orderRef for one in found] == ["bg-1"]


async def test_a_request_that_is_reset_is_not_done(ib: IB, box: Sandbox, gateway: Gateway) -> None:
    await box.inflict("reset", method="TWS", path="/placeOrder")

    ib.placeOrder(AAPL, order("LMT", lmtPrice=200))
    await gone(ib)

    assert gateway.desk.placed == {}


async def test_a_request_that_hangs_is_not_done_and_the_next_one_is(
    ib: IB, box: Sandbox, gateway: Gateway
) -> None:
    await box.inflict("hang", method="TWS", path="/placeOrder")

    ib.placeOrder(AAPL, order("LMT", lmtPrice=200))
    await settled(ib)

    assert gateway.desk.placed == {}


async def test_a_muted_connection_stays_open_and_says_nothing(ib: IB, box: Sandbox) -> None:
    await box.inflict("mute_streams")

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ib.reqCurrentTimeAsync(), 0.05)
    assert ib.isConnected()


async def test_a_restart_keeps_orders_and_executions(
    ib: IB, box: Sandbox, gateway: Gateway, connect: Connect
) -> None:
    resting = await place(ib, order("LMT", lmtPrice=240, orderRef="bg-1"), "Submitted")
    await box.inflict("outage", host="ibkr-paper")
    await gone(ib)
    box.exchange.set_price("AAPL", D(235))

    await box.inflict("restore")
    again = await connect(1)

    (fill,) = await again.reqExecutionsAsync()
    assert (fill.execution.orderRef, fill.execution.permId) == ("bg-1", resting.order.permId)
    assert [one.position for one in again.positions()] == [10]


async def test_executions_that_are_held_back_come_after_the_status(ib: IB, box: Sandbox) -> None:
    await box.inflict("habit", name="hold_executions")
    trade = await place(ib, order("MKT"), "Filled")
    await settled(ib)
    assert trade.fills == []

    await box.inflict("release_executions")

    await until(ib, lambda: trade.fills and trade.fills[0].commissionReport.execId)


async def test_commissions_may_be_held_back_alone(ib: IB, box: Sandbox) -> None:
    await box.inflict("habit", name="hold_commissions")
    trade = await place(ib, order("MKT"), "Filled")
    await settled(ib)
    assert [one.commissionReport.execId for one in trade.fills] == [""]

    await box.inflict("release_executions")

    await until(ib, lambda: trade.fills[0].commissionReport.execId)


async def test_statuses_may_come_twice(dial: Dial, box: Sandbox) -> None:
    await box.inflict("habit", name="duplicate_statuses")
    client = await dial(178)

    client.send("3", *PLACE)
    client.send("49", "1")
    told = [one for one in await client.read_until("49") if one[0] == "3"]

    assert [one[2] for one in told] == ["PreSubmitted", "PreSubmitted", "Submitted", "Submitted"]


async def test_the_status_may_come_before_the_execution(ib: IB, gateway: Gateway) -> None:
    gateway.habits.execution_after_status = True
    seen: list[int] = []
    ib.orderStatusEvent += lambda trade: seen.append(len(trade.fills))

    await place(ib, order("MKT"), "Filled")
    await settled(ib)

    assert seen[-1] == 0


async def test_a_correction_has_the_same_id_but_for_its_end(ib: IB, box: Sandbox) -> None:
    trade = await place(ib, order("MKT"), "Filled")

    await box.inflict("correct", price="249.00")
    await until(ib, lambda: len(trade.fills) == 2)

    first, second = (one.execution.execId for one in trade.fills)
    assert (first[-3:], second) == (".01", re.sub(r"01$", "02", first))
    (kept,) = await ib.reqExecutionsAsync()
    assert kept.execution.price == 249


async def test_a_bust_is_not_told_but_is_gone(ib: IB, box: Sandbox) -> None:
    await place(ib, order("MKT"), "Filled")
    await until(ib, ib.positions)

    await box.inflict("bust")
    await until(ib, lambda: not ib.positions())

    assert await ib.reqExecutionsAsync() == []


async def test_duplicates_and_losses_of_single_messages(ib: IB, box: Sandbox) -> None:
    await box.inflict("drop_frame", path="/tws/execDetails")
    await box.inflict("duplicate_frame", path="/tws/orderStatus", containing="Filled")

    trade = await place(ib, order("MKT"), "Filled")
    await settled(ib)

    assert trade.fills == []
    assert box.faults.pending == []


async def test_messages_may_be_altered_delayed_and_reordered(dial: Dial, box: Sandbox) -> None:
    client = await dial()
    await box.inflict("alter_frame", path="/tws/currentTime", set={"2": "1"})
    await box.inflict("reorder_frame", path="/tws/nextValidId")
    await box.inflict("delay_frame", path="/tws/userInfo", seconds=0.01)

    for fields in (("49", "1"), ("8", "1", "1"), ("104", "5"), ("17", "1")):
        client.send(*fields)

    told = [await client.read() for _ in range(4)]
    assert told[0] == ["49", "1", "1"]
    assert [one[0] for one in told[1:]] == ["107", "9", "15"]


async def test_a_doubt_about_an_order_cancels_nothing(
    ib: IB, box: Sandbox, gateway: Gateway, codes: list[int]
) -> None:
    await place(ib, order("LMT", lmtPrice=200), "Submitted")

    await box.inflict("doubt_orders")
    await until(ib, lambda: codes == [10349])

    assert [one.status for one in gateway.desk.open_orders()] == ["Submitted"]


async def test_a_refused_change_leaves_the_order_as_it_was(
    ib: IB, box: Sandbox, gateway: Gateway, codes: list[int]
) -> None:
    trade = await place(ib, order("LMT", lmtPrice=200), "Submitted")
    await box.inflict("refuse_replacements")

    trade.order.lmtPrice = 201
    ib.placeOrder(AAPL, trade.order)
    await until(ib, lambda: 201 in codes)

    (placed,) = gateway.desk.open_orders()
    assert (placed.status, placed.order.ticket.limit_price) == ("Submitted", D(200))
    assert placed.asked.number("lmtPrice") == D(200)


async def test_a_refused_cancel_is_10148_and_the_order_lives(
    ib: IB, box: Sandbox, gateway: Gateway, codes: list[int]
) -> None:
    trade = await place(ib, order("LMT", lmtPrice=200), "Submitted")
    await box.inflict("refuse_cancels")

    ib.client.cancelOrder(trade.order.orderId)
    await until(ib, lambda: 10148 in codes)

    assert [one.status for one in gateway.desk.open_orders()] == ["Submitted"]


async def test_lost_servers_are_told_and_found_again(
    ib: IB, box: Sandbox, gateway: Gateway, codes: list[int]
) -> None:
    ticker = ib.reqMktData(AAPL)
    await until(ib, lambda: ticker.last == 250)
    await box.inflict("lose_servers", host="ibkr-paper")
    ib.placeOrder(AAPL, order("LMT", lmtPrice=200))
    await settled(ib)
    assert (codes, gateway.desk.placed) == ([1100], {})

    await box.inflict("find_servers")
    await box.inflict("lose_servers")
    await box.inflict("find_servers", data_lost="true")
    await box.inflict("announce", code=FARM_BROKEN.code, text=FARM_BROKEN.message)
    await until(ib, lambda: 2103 in codes)

    assert codes == [1100, 1102, 1100, 1101, 2103]
    assert [one.prices for one in gateway.started()] == [{}]


async def test_the_end_of_executions_may_be_missing(ib: IB, gateway: Gateway) -> None:
    gateway.habits.omit_executions_end = True

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ib.reqExecutionsAsync(), 0.05)


async def test_the_end_of_completed_orders_may_be_missing(ib: IB, box: Sandbox) -> None:
    await box.inflict("habit", name="omit_completed_end")

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ib.reqCompletedOrdersAsync(apiOnly=False), 0.05)


async def test_every_request_is_logged(ib: IB, box: Sandbox) -> None:
    await place(ib, order("MKT"), "Filled")

    assert [one.host for one in box.log.matching("TWS", "/placeOrder")] == ["ibkr-paper"]


@pytest.mark.parametrize("kind", ["refused", "error", "unauthorized", "rate_limited"])
async def test_a_refusal_may_be_asked_for(
    ib: IB, box: Sandbox, gateway: Gateway, codes: list[int], kind: str
) -> None:
    await box.inflict(kind, method="TWS", path="/placeOrder")

    ib.placeOrder(AAPL, order("LMT", lmtPrice=200))
    await until(ib, lambda: codes)

    assert gateway.desk.placed == {}


async def test_a_habit_is_switched_at_one_gateway_and_off_again(
    box: Sandbox, gateway: Gateway
) -> None:
    await box.inflict("habit", name="read_only", host="ibkr-live")
    assert (box.ibkr.live.habits.read_only, gateway.habits.read_only) == (True, False)
    await box.inflict("habit", name="read_only", on="false")
    assert not box.ibkr.live.habits.read_only
    with pytest.raises(ValueError, match="no such habit"):
        await box.inflict("habit", name="most_clients")
