"""What the user channel and the ticker bring, and how their gaps and silences are noticed."""

import asyncio
import json
from contextlib import suppress
from decimal import Decimal

import pytest

from brokers.coinbase.line import Line
from brokers.coinbase.symbols import coin_of
from domain.errors import BrokerError, Unreachable
from domain.holding import Mark
from domain.order import OrderStatus
from sandbox import Sandbox
from sandbox.orders import OrdType, Side, Ticket, TimeInForce
from tests.brokers.coinbase_line.scene import BITCOIN, ROOT, D, lost, ticket
from tests.brokers.hearing import drained, hearing, reports
from tests.waiting import until

USER = '"channel":"user"'


def elsewhere(box: Sandbox, quantity: str = "0.1", price: int = 50_000) -> str:
    """Somebody places an order by another way; its id."""
    order = box.exchange.submit(
        box.coinbase.account,
        Ticket(
            symbol="BTC/USD",
            side=Side.BUY,
            type=OrdType.LIMIT,
            time_in_force=TimeInForce.GOOD_TILL_CANCEL,
            quantity=D(quantity),
            limit_price=D(price),
        ),
    )
    box.exchange.work()
    return order.id


async def test_open_orders_of_before_are_read_all_at_once(
    line: Line, box: Sandbox, number: str
) -> None:
    ids = {elsewhere(box, "0.0001") for _ in range(101)}
    async with hearing(line) as heard:
        await until(lambda: {one.broker_order_id for one in reports(heard)} == ids)
    assert len(box.log.matching("GET", f"{ROOT}/orders/historical/batch")) == 3
    assert {one.terms.quantity for one in reports(heard)} == {D("0.0001")}


async def test_cumulative_updates_are_explained_by_the_fills_that_are_asked_for(
    line: Line, box: Sandbox, number: str
) -> None:
    box.exchange.liquidity["BTC/USD"] = D("0.04")
    async with hearing(line) as heard:
        await line.place(ticket(number, limit_price=D(100_000)))
        for _ in range(3):
            box.tick()
        await until(lambda: len([one for one in reports(heard) if one.execution]) == 3)
    executions = [one.execution for one in reports(heard) if one.execution]
    assert [one.quantity for one in executions] == [D("0.04"), D("0.04"), D("0.02")]
    assert all(one.commission for one in executions)
    assert reports(heard)[-1].filled_quantity == D("0.1")


async def test_fills_that_cannot_be_had_now_come_with_the_next_look(
    line: Line, box: Sandbox, number: str
) -> None:
    box.faults.add("error", path=f"{ROOT}/orders/historical/fills", status=503, count=3)
    async with hearing(line) as heard:
        await line.place(ticket(number, limit_price=D(100_000)))
        await until(lambda: any(one.status is OrderStatus.FILLED for one in reports(heard)))
        await until(lambda: box.faults.pending == [])
        other = elsewhere(box)
        await until(lambda: reports(heard)[-1].broker_order_id == other)
    assert not [one for one in reports(heard) if one.execution]
    listed = (await line.snapshot(number)).orders
    assert [one.execution.quantity for one in listed if one.execution] == [D("0.1")]


async def test_terms_that_were_changed_elsewhere_are_read_again(
    line: Line, box: Sandbox, number: str
) -> None:
    async with hearing(line) as heard:
        order_id = elsewhere(box)
        await until(lambda: reports(heard))
        box.exchange.amend(box.coinbase.account, order_id, quantity=D("0.3"))
        box.exchange.work()
        await until(lambda: reports(heard)[-1].terms.quantity == D("0.3"))


async def test_a_canceled_order_keeps_the_quantity_that_was_asked(
    line: Line, box: Sandbox, number: str
) -> None:
    async with hearing(line) as heard:
        placed = await line.place(ticket(number))
        await line.cancel(placed)
        await until(lambda: reports(heard) and reports(heard)[-1].status is OrderStatus.CANCELED)
    assert {one.terms.quantity for one in reports(heard)} == {D("0.1")}


async def test_a_gap_in_the_numbers_is_a_loss(line: Line, box: Sandbox, number: str) -> None:
    box.faults.add("drop_frame", containing=USER)
    task = asyncio.create_task(lost(line))
    await until(lambda: box.coinbase.users.sessions)
    box.coinbase.users.beat = 0.01
    await until(lambda: box.faults.pending == [])
    elsewhere(box)
    told = await task
    assert isinstance(told, Unreachable)
    assert "left something out" in told.message


async def test_a_message_that_comes_twice_is_no_gap(line: Line, box: Sandbox, number: str) -> None:
    async with hearing(line) as heard:
        box.faults.add("duplicate_frame", containing=USER, count=2)
        elsewhere(box)
        await until(lambda: len(reports(heard)) >= 4)
        known = len(heard)
        elsewhere(box)
        await until(lambda: len(heard) > known)


@pytest.mark.parametrize("kind", ["garbage_frame", "truncated_frame", "cut_on_frame"])
async def test_a_broken_message_is_a_loss(line: Line, box: Sandbox, number: str, kind: str) -> None:
    box.faults.add(kind, containing=USER)
    assert isinstance(await lost(line), BrokerError)


async def test_an_order_that_no_list_has_is_asked_for_by_its_id(
    line: Line, box: Sandbox, number: str
) -> None:
    box.faults.add("alter", path=f"{ROOT}/orders/historical/batch", set={"orders": []}, count=0)
    order_id = elsewhere(box)
    async with hearing(line) as heard:
        await until(lambda: reports(heard))
    assert {one.broker_order_id for one in reports(heard)} == {order_id}


async def test_an_order_that_is_not_to_be_found_is_a_loss_once(
    line: Line, box: Sandbox, number: str
) -> None:
    hidden = {"order_id": "hidden", "product_id": "BTC-USD", "status": "OPEN"}
    event = {"type": "snapshot", "orders": [hidden]}
    frame = {"channel": "user", "sequence_num": 2, "events": [event]}
    box.faults.add("replace_frame", containing=USER, text=json.dumps(frame), count=2)
    assert "does not find" in (await lost(line)).message
    async with hearing(line) as heard:
        await until(lambda: box.faults.pending == [])
        other = elsewhere(box)
        await until(lambda: reports(heard))
    assert {one.broker_order_id for one in reports(heard)} == {other}


async def test_what_is_followed_is_priced_and_what_is_not_any_more_is_not(
    line: Line, box: Sandbox
) -> None:
    marks: list[Mark] = []

    task = asyncio.create_task(drained(line.marks(), marks.append))
    coin = coin_of("BTC")
    line.follow(frozenset({coin, BITCOIN, coin_of("NOTHING")}))
    await until(lambda: {one.instrument_id for one in marks} == {coin.id, BITCOIN.id})
    box.exchange.set_price("BTC/USD", Decimal(90_000))
    await until(lambda: marks[-1].price == 90_000)
    assert marks[-1].bid is not None
    ether = coin_of("ETH")
    line.follow(frozenset({ether}))
    await until(lambda: marks[-1].instrument_id == ether.id)
    box.exchange.set_price("ETH/USD", Decimal(3_000))
    await until(lambda: marks[-1].price == 3_000)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert len(box.log.matching("GET", f"{ROOT}/products")) == 1
