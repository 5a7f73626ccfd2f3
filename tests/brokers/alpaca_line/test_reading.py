"""What the Alpaca line reads, and what it makes of an answer that it cannot."""

from decimal import Decimal
from functools import reduce

import pytest

from brokers.alpaca.line import Line
from domain.errors import ErrorCode, NotPermitted, OutcomeUnknown, Unintelligible
from domain.facts import facts_of, join
from domain.order import OrderStatus, OrderType, TimeInForce
from domain.sums import summed
from sandbox import Sandbox
from tests.brokers.alpaca_line.scene import BITCOIN, COIN
from tests.brokers.desk import Desk, Hurried
from tests.brokers.tickets import APPLE, CALL, SELL, resting, terms, ticket


async def test_the_account_proves_the_keys(line: Line, box: Sandbox, desk: Desk) -> None:
    (account,) = await line.accounts()
    assert account.number == box.paper.number
    assert account.currency == "USD"
    assert desk.outcomes() == ["OK"]
    assert desk.records[0].request_id


async def test_a_snapshot_holds_what_was_bought(line: Line, box: Sandbox, number: str) -> None:
    await line.place(ticket(number, terms(quantity="2.5"), name="bg-1"))
    gtc = terms(quantity="0.5", time_in_force=TimeInForce.GTC)
    await line.place(ticket(number, gtc, BITCOIN, "bg-2"))
    await line.place(ticket(number, terms(quantity="1"), CALL, "bg-3"))
    await line.place(resting(number, "bg-4"))
    box.exchange.work()
    snapshot = await line.snapshot(number)
    held = {one.instrument.id: one for one in snapshot.holdings}
    assert held[APPLE.id].quantity == Decimal("2.5")
    assert held[COIN.id].quantity == Decimal("0.5")
    assert held[CALL.id].quantity == 1
    assert held[CALL.id].instrument.multiplier == 100
    assert {mark.instrument_id for mark in snapshot.marks} == set(held)
    assert snapshot.balances[0].cash < 100_000
    assert snapshot.valuation.equity is not None
    orders = {one.client_order_id: one for one in snapshot.orders}
    assert orders["bg-4"].status is OrderStatus.NEW
    assert orders["bg-1"].status is OrderStatus.FILLED


async def test_a_short_position_is_negative(line: Line, box: Sandbox, number: str) -> None:
    await line.place(ticket(number, terms(SELL, "3")))
    box.exchange.work()
    (held,) = (await line.snapshot(number)).holdings
    assert (held.quantity, held.available) == (Decimal(-3), Decimal(-3))


async def test_a_snapshot_is_dated_before_its_first_request(
    line: Line, desk: Desk, number: str
) -> None:
    snapshot = await line.snapshot(number)
    assert snapshot.started_at <= desk.records[0].at
    assert [record.operation for record in desk.records] == [
        "account",
        "positions",
        "orders",
        "orders",
    ]


async def test_another_account_is_not_taken_for_this_one(line: Line) -> None:
    with pytest.raises(NotPermitted) as told:
        await line.snapshot("PA-OTHER")
    assert told.value.code is ErrorCode.DIFFERENT_ACCOUNT


@pytest.mark.parametrize("path", ["/v2/account", "/v2/positions", "/v2/orders"])
@pytest.mark.parametrize(
    "kind", ["garbage_after", "truncated_after", "html_after", "error_after", "reset_after"]
)
async def test_a_snapshot_that_cannot_be_read_in_full_is_none_at_all(
    box: Sandbox, path: str, kind: str
) -> None:
    box.faults.add(kind, path=path, count=0, status=502)
    async with Desk(clock=Hurried()).line(box) as line:
        with pytest.raises((Unintelligible, OutcomeUnknown)):
            await line.snapshot(box.paper.number)


async def test_a_position_that_cannot_be_read_is_not_left_out(
    line: Line, box: Sandbox, number: str
) -> None:
    await line.place(ticket(number, terms()))
    box.exchange.work()
    box.faults.add("alter", path="/v2/positions", set={"qty": None})
    with pytest.raises(Unintelligible):
        await line.snapshot(number)
    assert len((await line.snapshot(number)).holdings) == 1


async def test_words_that_are_new_are_kept(line: Line, box: Sandbox, number: str) -> None:
    await line.place(resting(number))
    box.faults.add("alter", path="/v2/orders", count=0, set={"status": "frozen", "type": "pegged"})
    (order,) = (await line.snapshot(number)).orders
    assert (order.status, order.raw_status) == (OrderStatus.UNKNOWN, "frozen")
    assert order.terms.type is OrderType.OTHER


async def test_all_pages_of_open_orders_are_read(line: Line, box: Sandbox, number: str) -> None:
    for index in range(501):
        await line.place(resting(number, f"bg-{index}", quantity="1"))
    box.exchange.work()
    listed = (await line.snapshot(number)).orders
    assert len({one.broker_order_id for one in listed}) == 501


async def test_a_fill_that_no_stream_told_of_is_attributed_once(
    line: Line, box: Sandbox, desk: Desk, number: str
) -> None:
    box.exchange.liquidity["AAPL"] = Decimal(2)
    placed = await line.place(ticket(number, terms(quantity="5")))
    box.exchange.work()
    for _ in range(2):
        box.exchange.set_price("AAPL", Decimal("250.00"))
    first = (await line.snapshot(number)).orders
    sums = summed(reduce(join, map(facts_of, first)))
    assert sums.filled == 5
    assert [one.quantity for one in sums.executions] == [2, 2, 1]
    desk.records.clear()
    again = (await line.snapshot(number)).orders
    assert [one.broker_order_id for one in again] == [placed.broker_order_id]
    assert "fills" not in {record.operation for record in desk.records}
