"""What the Alpaca line sends, once, and how it finds out what became of it."""

from decimal import Decimal

import pytest

from brokers.alpaca.line import Line
from brokers.alpaca.symbols import combination_of
from domain.connection import Permission
from domain.errors import (
    InsufficientFunds,
    InvalidTicket,
    NotPermitted,
    OrderNotFound,
    OutcomeUnknown,
    Refused,
)
from domain.instrument import AssetClass, option_of
from domain.order import (
    ExecType,
    Leg,
    OrderClass,
    OrderStatus,
    OrderType,
    PositionEffect,
    Terms,
    TimeInForce,
)
from domain.ticket import Ticket
from sandbox import Sandbox
from tests.brokers.alpaca_line.scene import has, sent
from tests.brokers.desk import Desk
from tests.brokers.hearing import hearing, known, reports
from tests.brokers.tickets import APPLE, BUY, CALL, SELL, resting, terms, ticket
from tests.waiting import until

# Trading


async def test_an_order_goes_its_way(line: Line, box: Sandbox, number: str) -> None:
    async with hearing(line) as heard:
        placed = await line.place(resting(number))
        await until(has(heard, OrderStatus.NEW))
        box.exchange.set_price("AAPL", Decimal("199.00"))
        await until(has(heard, OrderStatus.FILLED))
    assert known(reports(heard), placed.broker_order_id).status is OrderStatus.FILLED
    fill = next(one for one in reports(heard) if one.execution)
    assert fill.exec_type is ExecType.TRADE
    assert fill.execution is not None
    assert fill.execution.quantity == 2
    assert placed.client_order_id == "bg-1"


async def test_a_replacement_has_another_id_and_names_the_old_one(
    line: Line, box: Sandbox, number: str
) -> None:
    placed = await line.place(resting(number))
    box.exchange.work()
    new = await line.replace(placed, terms(limit="201", quantity="3"), "bg-2")
    assert new.broker_order_id != placed.broker_order_id
    assert (new.replaces, new.client_order_id) == (placed.broker_order_id, "bg-2")
    assert (new.terms.limit_price, new.terms.quantity) == (Decimal(201), Decimal(3))


async def test_a_cancel_is_asked_for_and_told_by_the_stream(
    line: Line, box: Sandbox, number: str
) -> None:
    async with hearing(line) as heard:
        placed = await line.place(resting(number))
        await until(has(heard, OrderStatus.NEW))
        await line.cancel(placed)
        box.exchange.work()
        await until(has(heard, OrderStatus.CANCELED))
    with pytest.raises(Refused):
        await line.cancel(placed)


async def test_a_combination_is_placed_with_its_legs(line: Line, box: Sandbox, number: str) -> None:
    other = option_of("AAPL271217C00270000") or APPLE
    legs = (
        Leg(instrument=CALL, side=BUY, effect=PositionEffect.OPEN),
        Leg(instrument=other, side=SELL, effect=PositionEffect.OPEN),
    )
    wanted = Terms(
        side=BUY,
        type=OrderType.NET,
        time_in_force=TimeInForce.DAY,
        order_class=OrderClass.MULTI_LEG,
        quantity=Decimal(1),
        limit_price=Decimal("0.5"),
    )
    placed = await line.place(
        Ticket(
            account=number,
            client_order_id="bg-1",
            instrument=combination_of([CALL, other]),
            terms=wanted,
            legs=legs,
        )
    )
    assert placed.instrument.asset_class is AssetClass.MULTI_LEG
    assert [(leg.instrument.id, leg.side) for leg in placed.legs] == [
        (CALL.id, BUY),
        (other.id, SELL),
    ]
    assert placed.terms.type is OrderType.NET
    assert len((await line.snapshot(number)).orders) == 3


async def test_a_refusal_says_why_and_nothing_is_placed(
    line: Line, box: Sandbox, number: str
) -> None:
    with pytest.raises(InsufficientFunds) as told:
        await line.place(ticket(number, terms(quantity="100000")))
    assert told.value.broker_code == "40310000"
    with pytest.raises(InvalidTicket):
        await line.place(ticket(number, terms(limit="290.123")))
    assert (await line.find(number, "bg-1")).report is None
    assert not (await line.find(number, "bg-1")).proven_absent


AFTER = ["reset_after", "error_after", "garbage_after", "truncated_after", "html_after"]


@pytest.mark.parametrize("kind", AFTER)
async def test_an_order_whose_answer_is_lost_is_sent_once_and_can_be_found(
    line: Line, box: Sandbox, desk: Desk, number: str, kind: str
) -> None:
    box.faults.add(kind, method="POST", path="/v2/orders", status=504)
    with pytest.raises(OutcomeUnknown):
        await line.place(resting(number))
    assert sent(box, "POST") == 1
    found = (await line.find(number, "bg-1")).report
    assert found is not None
    assert found.client_order_id == "bg-1"
    assert [record.operation for record in desk.records] == ["place", "find"]


@pytest.mark.parametrize("kind", ["reset_after", "error_after"])
async def test_a_cancel_and_a_replacement_leave_once_too(
    line: Line, box: Sandbox, number: str, kind: str
) -> None:
    placed = await line.place(resting(number))
    box.exchange.work()
    box.faults.add(kind, method="PATCH", status=504)
    box.faults.add(kind, method="DELETE", status=504)
    with pytest.raises(OutcomeUnknown):
        await line.replace(placed, terms(limit="201"), "bg-2")
    new = (await line.find(number, "bg-2")).report
    assert new is not None
    with pytest.raises(OutcomeUnknown):
        await line.cancel(new)
    for method in ("PATCH", "DELETE"):
        assert sent(box, method) == 1


async def test_an_id_that_is_taken_is_the_order_that_has_it(
    line: Line, box: Sandbox, number: str
) -> None:
    first = await line.place(resting(number))
    again = await line.place(resting(number))
    assert again.broker_order_id == first.broker_order_id
    box.faults.add("error", path="/v2/orders:by_client_order_id", count=0)
    with pytest.raises(OutcomeUnknown):
        await line.place(resting(number))
    box.faults.clear()
    assert len((await line.snapshot(number)).orders) == 1


async def test_an_answer_about_another_order_proves_nothing(
    line: Line, box: Sandbox, number: str
) -> None:
    box.faults.add("alter", method="POST", path="/v2/orders", set={"client_order_id": "x"})
    with pytest.raises(OutcomeUnknown):
        await line.place(resting(number))


async def test_a_read_connection_sends_nothing_but_reads(
    line: Line, box: Sandbox, desk: Desk, number: str
) -> None:
    placed = await line.place(resting(number))
    before, desk.permission = len(box.log.entries), Permission.READ
    desk.records.clear()
    with pytest.raises(NotPermitted):
        await line.place(resting(number, "bg-2"))
    with pytest.raises(NotPermitted):
        await line.replace(placed, terms(limit="201"), "bg-3")
    with pytest.raises(NotPermitted):
        await line.cancel(placed)
    assert len(box.log.entries) == before
    assert desk.outcomes() == ["DENIED"] * 3
    await line.snapshot(number)


async def test_one_order_is_looked_up_and_its_executions_follow(
    line: Line, box: Sandbox, number: str
) -> None:
    placed = await line.place(ticket(number, terms()))
    box.exchange.work()
    told = await line.order(number, placed.broker_order_id)
    assert told.status is OrderStatus.FILLED
    later = (await line.snapshot(number)).orders
    assert [one.execution.quantity for one in later if one.execution] == [2]
    for odd in ("no-such-order", "../account", "a/b?c#d", "%00"):
        with pytest.raises(OrderNotFound):
            await line.order(number, odd)
