"""Whatever a Gateway does to its messages and itself: nothing lost, nothing twice."""

import asyncio
from contextlib import AsyncExitStack
from decimal import Decimal

import pytest

from brokers.ibkr.line import Line
from domain.errors import BrokerError, Unreachable
from domain.order import OrderStatus
from domain.sums import Sum
from sandbox import Sandbox
from sandbox.ibkr.gateway import Gateway
from tests.brokers.desk import Desk
from tests.brokers.hearing import hearing_on, known, reports
from tests.brokers.ibkr_line.scene import limit, line_to
from tests.waiting import until

WHOLE = Decimal(8)


def whole(sums: Sum) -> bool:
    """Filled, each unit explained once, each fill with what it cost."""
    return (
        sums.status is OrderStatus.FILLED
        and sum(one.quantity for one in sums.executions) == WHOLE
        and all(one.commission is not None for one in sums.executions)
    )


async def test_a_gateway_killed_and_restarted_in_mid_fill_loses_and_doubles_nothing(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    box.exchange.liquidity["AAPL"] = Decimal(2)
    async with hearing_on(line) as heard:
        placed = await line.place(limit(number, price="300", quantity=str(WHOLE)))
        await until(lambda: gateway.accounts[number].executions)
        await gateway.down()
        box.tick()
        await gateway.up()
        box.tick()
        while len(gateway.accounts[number].executions) < 4:
            box.tick()
        told: list[object] = []
        while not told:
            try:
                told.append(await line.snapshot(number))
            except BrokerError:
                continue
        snapshot = await line.snapshot(number)
        sums = known([*reports(heard), *snapshot.orders], placed.broker_order_id)
    assert whole(sums)
    assert len(sums.executions) == 4
    assert [one.quantity for one in snapshot.holdings] == [WHOLE]


async def test_executions_and_commissions_may_come_late_and_in_any_order(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    gateway.habits.hold_executions = gateway.habits.execution_after_status = True
    async with hearing_on(line) as heard:
        placed = await line.place(limit(number, price="300", quantity=str(WHOLE)))
        box.exchange.work()
        await until(lambda: known(reports(heard), placed.broker_order_id).filled == WHOLE)
        assert not known(reports(heard), placed.broker_order_id).executions
        gateway.faults.add("reorder_frame", path="/tws/execDetails")
        gateway.release_executions()
        await until(lambda: whole(known(reports(heard), placed.broker_order_id)))


async def test_lists_that_come_without_their_end_are_not_taken_for_empty_ones(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    gateway.habits.omit_executions_end = True
    placed = await line.place(limit(number, price="300", quantity=str(WHOLE)))
    box.exchange.work()
    sums = known([*(await line.snapshot(number)).orders], placed.broker_order_id)
    assert whole(sums)


async def test_a_corrected_execution_takes_the_place_of_what_it_corrects(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    async with hearing_on(line) as heard:
        placed = await line.place(limit(number, price="300", quantity=str(WHOLE)))
        box.exchange.work()
        await until(lambda: known(reports(heard), placed.broker_order_id).executions)
        await box.inflict("correct", price="249.5")
        (fill,) = gateway.fills.all
        sums = known([*(await line.snapshot(number)).orders], placed.broker_order_id)
    (execution,) = sums.executions
    assert execution.price == fill.execution.price
    assert execution.revision == fill.revision - 1


async def test_an_order_that_ended_while_nobody_listened_is_told_to_be_over(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    placed = await line.place(limit(number))
    (order,) = gateway.desk.open_orders()
    await gateway.down()
    box.exchange.cancel(order.account, order.exchange_id)
    box.exchange.work()
    await gateway.up()
    snapshot = await line.snapshot(number)
    assert known([placed, *snapshot.orders], placed.broker_order_id).status is OrderStatus.CANCELED
    assert (await line.order(number, placed.broker_order_id)).status is OrderStatus.CANCELED


async def test_an_order_whose_status_is_told_before_its_terms_is_accepted_all_the_same(
    line: Line, gateway: Gateway, number: str
) -> None:
    gateway.faults.add("reorder_frame", path="/tws/openOrder")
    placed = await line.place(limit(number))
    assert placed.status is OrderStatus.NEW
    assert placed.terms.limit_price == Decimal(200)


async def test_what_is_looked_up_for_an_order_and_fails_has_not_sent_it(
    line: Line, gateway: Gateway, number: str
) -> None:
    gateway.faults.add("garbage_frame", path="/tws/contractDetails")
    with pytest.raises(Unreachable):
        await line.place(limit(number))
    assert not gateway.desk.placed


async def test_lines_that_are_closed_leave_no_task_and_no_socket(
    gateway: Gateway, desk: Desk
) -> None:
    before = len(asyncio.all_tasks())
    async with AsyncExitStack() as stack:
        for number in range(1, 21):
            opened = line_to(gateway, desk, client_id=str(number))
            line = await stack.enter_async_context(opened)
            await stack.enter_async_context(hearing_on(line))
        await until(lambda: len(gateway.started()) == 20)
    await until(lambda: not gateway.sessions and len(asyncio.all_tasks()) == before)


async def test_a_line_that_is_closed_while_it_connects_stays_closed(
    gateway: Gateway, desk: Desk
) -> None:
    async with line_to(gateway, desk) as line:
        connecting = asyncio.ensure_future(line.accounts())
        await asyncio.sleep(0)
    with pytest.raises(Unreachable):
        await connecting
    await until(lambda: not gateway.sessions)


async def test_a_caller_who_gives_up_at_any_moment_leaves_no_socket(
    gateway: Gateway, desk: Desk
) -> None:
    for moments in range(40):
        async with line_to(gateway, desk) as line:
            connecting = asyncio.ensure_future(line.accounts())
            for _ in range(moments):
                await asyncio.sleep(0)
            connecting.cancel()
            await asyncio.wait([connecting])
        await until(lambda: not gateway.sessions)
