"""The Alpaca line over the sandbox: what it promises, and what it does when things go wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from functools import reduce
from typing import TypeVar

import pytest

import sandbox
from brokers.alpaca.line import Line
from brokers.alpaca.stream import Socket
from brokers.alpaca.symbols import combination_of, instrument_of
from domain.account import Environment
from domain.connection import Permission
from domain.errors import (
    BrokerError,
    CredentialsRejected,
    ErrorCode,
    InsufficientFunds,
    InvalidTicket,
    NotPermitted,
    OrderNotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unintelligible,
    Unreachable,
)
from domain.events import Alive, StreamEvent
from domain.facts import OrderReport, facts_of, filled, join, standing, status
from domain.holding import Mark
from domain.instrument import AssetClass, Instrument, option_of
from domain.order import (
    ExecType,
    Leg,
    OrderClass,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionEffect,
    Terms,
    TimeInForce,
)
from domain.ticket import Ticket
from sandbox import Sandbox, mishaps
from tests.brokers.desk import Desk, Hurried
from tests.clock import FakeClock, rest
from tests.waiting import until

APPLE = instrument_of("AAPL", "us_equity")
BITCOIN = instrument_of("BTC/USD", "crypto")
COIN = Instrument(asset_class=AssetClass.CRYPTO, symbol="BTC", currency="USD")
CALL = option_of("AAPL271217C00250000") or APPLE
BUY, SELL = OrderSide.BUY, OrderSide.SELL
SNAPSHOTS = ("/v2/stocks/snapshots", "/v1beta1/options/snapshots")
T = TypeVar("T")


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with sandbox.serve(seed=1, rate_limit=100_000) as running:
        yield running


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def line(box: Sandbox, desk: Desk) -> AsyncIterator[Line]:
    async with desk.line(box) as opened:
        yield opened


@pytest.fixture
async def number(line: Line, desk: Desk) -> str:
    (account,) = await line.accounts()
    desk.records.clear()
    return account.number


def terms(
    side: OrderSide = BUY,
    quantity: str = "2",
    limit: str | None = None,
    time_in_force: TimeInForce = TimeInForce.DAY,
) -> Terms:
    return Terms(
        side=side,
        type=OrderType.MARKET if limit is None else OrderType.LIMIT,
        time_in_force=time_in_force,
        quantity=Decimal(quantity),
        limit_price=None if limit is None else Decimal(limit),
    )


def ticket(
    account: str, wanted: Terms, instrument: Instrument = APPLE, name: str = "bg-1"
) -> Ticket:
    return Ticket(account=account, client_order_id=name, instrument=instrument, terms=wanted)


def resting(account: str, name: str = "bg-1", quantity: str = "2") -> Ticket:
    """An order that waits below the market."""
    return ticket(account, terms(limit="200", quantity=quantity), name=name)


def known(reports: list[OrderReport], broker_order_id: str) -> OrderStatus:
    facts = [facts_of(one) for one in reports if one.broker_order_id == broker_order_id]
    return status(reduce(join, facts))


async def drained(items: AsyncIterator[T], take: Callable[[T], object]) -> None:
    """Take everything, until it ends or fails."""
    async for item in items:
        take(item)


async def to_its_loss(items: AsyncIterator[object]) -> None:
    """Read on until it raises."""
    async with asyncio.timeout(5):
        await drained(items, lambda _: None)


@asynccontextmanager
async def hearing(line: Line) -> AsyncIterator[list[StreamEvent]]:
    """What the stream brings, from its first sign of life on."""
    heard: list[StreamEvent] = []

    task = asyncio.create_task(drained(line.events(), heard.append))
    await until(lambda: heard or task.done())
    try:
        yield heard
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, BrokerError):
            await task


def reports(heard: list[StreamEvent]) -> list[OrderReport]:
    return [event for event in heard if isinstance(event, OrderReport)]


def has(heard: list[StreamEvent], wanted: OrderStatus) -> Callable[[], bool]:
    return lambda: any(report.status is wanted for report in reports(heard))


def sent(box: Sandbox, method: str) -> int:
    """How often a method was received."""
    return sum(entry.method == method for entry in box.log.entries)


# Reading


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
    facts = reduce(join, map(facts_of, first))
    assert filled(facts) == 5
    assert [one.quantity for one in standing(facts)] == [2, 2, 1]
    desk.records.clear()
    again = (await line.snapshot(number)).orders
    assert [one.broker_order_id for one in again] == [placed.broker_order_id]
    assert "fills" not in {record.operation for record in desk.records}


# Trading


async def test_an_order_goes_its_way(line: Line, box: Sandbox, number: str) -> None:
    async with hearing(line) as heard:
        placed = await line.place(resting(number))
        await until(has(heard, OrderStatus.NEW))
        box.exchange.set_price("AAPL", Decimal("199.00"))
        await until(has(heard, OrderStatus.FILLED))
    assert known(reports(heard), placed.broker_order_id) is OrderStatus.FILLED
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


# Refusals of ourselves


async def test_wrong_keys_are_rejected(box: Sandbox, desk: Desk) -> None:
    async with desk.line(box, secret="wrong") as line:
        with pytest.raises(CredentialsRejected):
            await line.accounts()


async def test_keys_of_the_other_environment_are_rejected(box: Sandbox, desk: Desk) -> None:
    async with desk.line(box, environment=Environment.LIVE) as line:
        with pytest.raises(CredentialsRejected):
            await line.accounts()


async def test_a_403_without_a_code_is_confirmed_before_the_keys_are_called_dead(
    line: Line, box: Sandbox, desk: Desk, number: str
) -> None:
    box.faults.add("html_after", path="/v2/positions", status=403)
    with pytest.raises(NotPermitted) as told:
        await line.snapshot(number)
    assert not isinstance(told.value, CredentialsRejected)
    assert [record.operation for record in desk.records] == ["account", "positions", "confirm"]
    assert desk.records[1].correlation_id == desk.records[2].correlation_id


async def test_a_limit_is_told_with_the_time_to_wait(line: Line, box: Sandbox, number: str) -> None:
    box.faults.add("rate_limited", retry_after=30)
    with pytest.raises(RateLimited) as told:
        await line.snapshot(number)
    assert told.value.retry_after == 30


async def test_a_broker_that_is_down_is_unreachable(line: Line, box: Sandbox, number: str) -> None:
    await box.inflict("outage")
    await rest()  # until the connection that was kept is seen to have ended
    with pytest.raises(Unreachable):
        await line.place(resting(number))
    await box.inflict("restore")
    assert (await line.find(number, "bg-1")).report is None


# The stream


@pytest.mark.parametrize("environment", list(Environment)[:2])
async def test_text_and_binary_frames_are_both_read(
    box: Sandbox, desk: Desk, environment: Environment
) -> None:
    live = environment is Environment.LIVE
    key = sandbox.LIVE_KEY if live else sandbox.PAPER_KEY
    secret = sandbox.LIVE_SECRET if live else sandbox.PAPER_SECRET
    async with desk.line(box, key, secret, environment) as line, hearing(line) as heard:
        assert isinstance(heard[0], Alive)
        (account,) = await line.accounts()
        await line.place(resting(account.number))
        await until(has(heard, OrderStatus.NEW))
    assert [r.status for r in desk.records if r.operation == "trade_updates"] == [101]


async def test_a_stream_with_wrong_keys_says_so_and_ends(box: Sandbox, desk: Desk) -> None:
    async with desk.line(box) as line:
        await line.accounts()
        box.alpaca.access.revoke(sandbox.PAPER_KEY)
        with pytest.raises(CredentialsRejected):
            await anext(aiter(line.events()))


async def test_a_stream_that_is_not_granted_says_so(box: Sandbox, line: Line) -> None:
    box.faults.add("alter_frame", path="/stream", containing="listening", set={"streams": []})
    with pytest.raises(NotPermitted):
        await anext(aiter(line.events()))


LOST = ["cut_on_frame", "garbage_frame", "truncated_frame"]


@pytest.mark.parametrize("kind", LOST)
async def test_a_stream_that_breaks_or_cannot_be_read_is_lost(
    line: Line, box: Sandbox, number: str, kind: str
) -> None:
    box.faults.add(kind, path="/stream", containing='trade_updates","data":{"event')
    events = aiter(line.events())
    assert isinstance(await anext(events), Alive)
    await line.place(resting(number))
    with pytest.raises((Unreachable, Unintelligible)):
        await to_its_loss(events)


@pytest.mark.parametrize("code", [1000, 1001, 1011])
async def test_a_stream_that_is_closed_in_order_is_lost_as_well(
    line: Line, box: Sandbox, code: int
) -> None:
    events = aiter(line.events())
    await anext(events)
    await box.inflict("cut_streams", code=code)
    with pytest.raises(Unreachable):
        async with asyncio.timeout(5):
            await anext(events)


async def test_a_socket_that_falls_silent_is_noticed(line: Line, box: Sandbox) -> None:
    opened = await line._client.connect("trade_updates", "stream", "/stream")
    socket = Socket(opened, beat=0.05)
    await socket.say(line._client.sign_in)
    assert await socket.hear() is not None
    assert await socket.hear() is None  # a pong: it lives
    await box.inflict("mute_streams")
    with pytest.raises(Unreachable, match="silent"):
        await to_its_loss(_documents(socket))
    await opened.close()


async def _documents(socket: Socket) -> AsyncIterator[object]:
    while True:
        yield await socket.hear()


async def test_lost_repeated_and_reordered_frames_end_in_the_same_order(
    line: Line, box: Sandbox, number: str
) -> None:
    for kind in ("drop_frame", "duplicate_frame", "reorder_frame"):
        box.faults.add(kind, path="/stream", containing='"event":"partial_fill"')
    box.exchange.liquidity["AAPL"] = Decimal(1)
    async with hearing(line) as heard:
        placed = await line.place(ticket(number, terms(quantity="6")))
        await until(lambda: box.paper.executions)
        for _ in range(6):
            box.exchange.set_price("AAPL", Decimal("250.00"))
        await until(has(heard, OrderStatus.FILLED))
    told = [*reports(heard), *(await line.snapshot(number)).orders]
    facts = reduce(join, map(facts_of, told))
    assert known(told, placed.broker_order_id) is OrderStatus.FILLED
    assert filled(facts) == 6
    assert sum(one.quantity for one in standing(facts)) == 6


async def test_a_bust_is_heard(line: Line, box: Sandbox, number: str) -> None:
    async with hearing(line) as heard:
        await line.place(ticket(number, terms()))
        await until(has(heard, OrderStatus.FILLED))
        (execution,) = box.paper.executions
        mishaps.bust(box.exchange, box.paper, execution)
        await until(lambda: any(report.busted for report in reports(heard)))
    facts = reduce(join, map(facts_of, reports(heard)))
    assert standing(facts) == ()
    assert filled(facts) == 0


async def test_a_refused_replacement_leaves_the_old_order_at_work(
    line: Line, box: Sandbox, number: str
) -> None:
    async with hearing(line) as heard:
        placed = await line.place(resting(number))
        await until(has(heard, OrderStatus.NEW))
        box.exchange.refuse_replacements = 1
        new = await line.replace(placed, terms(limit="201"), "bg-2")
        await until(has(heard, OrderStatus.REJECTED))
    assert known(reports(heard), placed.broker_order_id) is OrderStatus.NEW
    assert known(reports(heard), new.broker_order_id) is OrderStatus.REJECTED


# Prices


def latest(marks: list[Mark], instrument: Instrument) -> Mark | None:
    return next((mark for mark in reversed(marks) if mark.instrument_id == instrument.id), None)


@asynccontextmanager
async def pricing(line: Line) -> AsyncIterator[list[Mark]]:
    marks: list[Mark] = []

    task = asyncio.create_task(drained(line.marks(), marks.append))
    try:
        yield marks
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, BrokerError):
            await task


async def test_quotes_come_for_what_there_is_a_price_of(line: Line, box: Sandbox) -> None:
    nothing = instrument_of("NOSUCH", "us_equity")
    bond = instrument_of("912797", "treasury")
    found = await line.quotes([APPLE, BITCOIN, COIN, CALL, nothing, bond])
    assert {mark.instrument_id for mark in found} == {APPLE.id, BITCOIN.id, COIN.id, CALL.id}
    mark = next(one for one in found if one.instrument_id == APPLE.id)
    assert mark.price == box.exchange.market.quotes["AAPL"].last
    assert mark.previous_close == box.exchange.market.quotes["AAPL"].previous_close


async def test_one_symbol_that_is_refused_does_not_cost_the_others(
    line: Line, box: Sandbox
) -> None:
    box.faults.add("html_after", path="/v2/stocks/snapshots", status=400)
    found = await line.quotes([APPLE, instrument_of("MSFT", "us_equity")])
    assert len(found) == 2


async def test_what_is_followed_is_priced_at_once_and_as_it_moves(line: Line, box: Sandbox) -> None:
    line.follow(frozenset({APPLE, COIN, CALL}))
    async with pricing(line) as marks:
        await until(lambda: all(latest(marks, one) for one in (APPLE, COIN, CALL)))
        before = latest(marks, APPLE)
        await until(lambda: len(box.alpaca.prices.sessions) == 2)
        await until(
            lambda: all(
                s.wants("trades", "AAPL") or s.wants("trades", "BTC/USD")
                for s in box.alpaca.prices.sessions
            )
        )
        box.exchange.set_price("AAPL", Decimal("251.25"))
        box.exchange.set_price("BTC/USD", Decimal("93000"))
        await until(lambda: (latest(marks, APPLE) or before).price == Decimal("251.25"))  # type: ignore[union-attr]  # known by now
        await until(lambda: (latest(marks, COIN) or before).price == 93000)  # type: ignore[union-attr]  # known by now
    streamed = latest(marks, APPLE)
    assert streamed is not None
    assert streamed.source == "STREAM"
    assert streamed.bid is not None
    assert streamed.previous_close is not None


async def test_what_is_followed_later_is_priced_too(line: Line, box: Sandbox) -> None:
    line.follow(frozenset({APPLE}))
    microsoft = instrument_of("MSFT", "us_equity")
    async with pricing(line) as marks:
        await until(lambda: latest(marks, APPLE))
        line.follow(frozenset({microsoft}))
        await until(lambda: latest(marks, microsoft))
        await until(lambda: any(s.wants("trades", "MSFT") for s in box.alpaca.prices.sessions))
        assert not any(s.wants("trades", "AAPL") for s in box.alpaca.prices.sessions)


@pytest.mark.parametrize("code", [402, 405, 406, 408, 409])
async def test_a_stream_that_is_refused_leaves_the_polls(
    line: Line, box: Sandbox, code: int
) -> None:
    text = f'[{{"T":"error","code":{code},"msg":"no"}}]'
    box.faults.add("replace_frame", path="/v2/iex", containing="authenticated", text=text, count=0)
    line.follow(frozenset({APPLE}))
    async with pricing(line) as marks:
        await until(lambda: latest(marks, APPLE))
    assert latest(marks, APPLE)


async def test_more_symbols_than_the_plan_allows_are_cut_to_what_it_allows(
    line: Line, box: Sandbox
) -> None:
    many = frozenset(instrument_of(f"X{index:02}", "us_equity") for index in range(40))
    line.follow(many | {APPLE})
    async with pricing(line) as marks:
        await until(lambda: latest(marks, APPLE))
        await until(lambda: any(s.wants("trades", "AAPL") for s in box.alpaca.prices.sessions))
        (session,) = box.alpaca.prices.sessions
        assert sum(session.wants("trades", one.symbol) for one in many) == 29


async def test_a_lost_price_stream_is_told(line: Line, box: Sandbox) -> None:
    line.follow(frozenset({APPLE}))
    marks = line.marks()
    await anext(aiter(marks))
    await until(lambda: box.alpaca.prices.sessions)
    await box.inflict("cut_streams")
    with pytest.raises(Unreachable):
        await to_its_loss(marks)


# Secrets


async def test_no_key_is_in_any_record_error_or_repr(box: Sandbox, desk: Desk) -> None:
    key, secret = "PKPLANTEDPLANTEDPLAN", "planted-secret-planted"
    seen: list[str] = []
    async with desk.line(box, key, secret) as line:
        for attempt in (line.accounts(), anext(aiter(line.events())), line.place(resting("A"))):
            with pytest.raises(BrokerError) as told:
                await attempt
            error: BaseException | None = told.value
            while error is not None:
                seen.append(f"{error!r} {vars(error)}")
                error = error.__cause__ or error.__context__
        seen += [repr(line), repr(vars(line)), repr(desk.records)]
    assert desk.records
    assert not any(key in text or secret in text for text in seen)
    assert not any(secret in entry.path for entry in box.log.entries)


async def test_every_call_leaves_a_record_with_a_template_and_no_id(
    line: Line, box: Sandbox, desk: Desk, number: str
) -> None:
    box.log.entries.clear()
    placed = await line.place(resting(number))
    await line.order(number, placed.broker_order_id)
    await line.cancel(placed)
    await line.snapshot(number)
    async with hearing(line):
        pass
    assert len(desk.records) == len(box.log.entries)
    assert not any(placed.broker_order_id in record.path for record in desk.records)


async def test_what_is_streamed_is_not_polled_and_what_is_not_is(box: Sandbox) -> None:
    clock = FakeClock()

    def asked(path: str) -> int:
        return sum(entry.path.startswith(path) for entry in box.log.entries)

    async with Desk(clock=clock).line(box) as line:
        line.follow(frozenset({APPLE, CALL}))
        async with pricing(line) as marks:
            await until(lambda: latest(marks, APPLE) and latest(marks, CALL))
            ticker = line._prices._tickers["stocks"]
            await until(lambda: ticker.streamed)
            stocks, options = (asked(path) for path in SNAPSHOTS)
            for _ in range(3):
                before = asked(SNAPSHOTS[1])
                await clock.advance(10)
                await until(lambda before=before: asked(SNAPSHOTS[1]) > before)  # type: ignore[misc]  # bound at once
                await until(lambda: clock.sleeping)
            assert asked(SNAPSHOTS[0]) == stocks
            assert asked(SNAPSHOTS[1]) == options + 3
