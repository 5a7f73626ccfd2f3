"""Orders through a Gateway: families, combinations, changes, and statuses that are not true."""

from dataclasses import replace
from decimal import Decimal

import pytest

from brokers.ibkr.line import Line
from domain.errors import InvalidTicket, NotPermitted, Refused
from domain.instrument import AssetClass, Instrument, option_of
from domain.order import Leg, OrderClass, OrderSide, OrderStatus, OrderType, TimeInForce
from domain.ticket import Exits, Ticket
from sandbox import Sandbox
from sandbox.ibkr.gateway import Gateway
from sandbox.ibkr.notices import Notice
from tests.brokers.desk import Desk
from tests.brokers.hearing import hearing_on, known, reports
from tests.brokers.ibkr_line.scene import limit, line_to, market
from tests.waiting import until

FIVE = Decimal(5)


def bracket(account: str) -> Ticket:
    wanted = limit(account)
    return replace(
        wanted,
        terms=replace(wanted.terms, order_class=OrderClass.BRACKET),
        exits=Exits(take_profit=Decimal(300), stop_loss=Decimal(150)),
    )


def spread(account: str, price: str | None = None) -> Ticket:
    legs = [option_of(f"AAPL271217C00{strike}000") for strike in (250, 270)]
    assert all(legs)
    sides = (OrderSide.BUY, OrderSide.SELL)
    made = tuple(
        Leg(instrument=leg, side=side) for leg, side in zip(legs, sides, strict=True) if leg
    )
    wanted = limit(account, quantity="1")
    kind = OrderType.MARKET if price is None else OrderType.NET
    terms = replace(
        wanted.terms,
        type=kind,
        order_class=OrderClass.MULTI_LEG,
        limit_price=None if price is None else Decimal(price),
    )
    pair = Instrument(
        asset_class=AssetClass.MULTI_LEG, symbol="AAPL", currency="USD", multiplier=Decimal(100)
    )
    return replace(wanted, instrument=pair, terms=terms, legs=made)


async def test_a_bracket_leaves_whole_and_its_exits_name_their_parent(
    line: Line, gateway: Gateway, number: str
) -> None:
    parent = await line.place(bracket(number))
    orders = (await line.snapshot(number)).orders
    exits = [one for one in orders if one.parent == parent.broker_order_id]
    assert {(one.terms.type, one.terms.side) for one in exits} == {
        (OrderType.LIMIT, OrderSide.SELL),
        (OrderType.STOP, OrderSide.SELL),
    }
    assert all((one.client_order_id or "").startswith("bg-1.") for one in exits)
    assert {one.account for one in orders} == {number}
    assert len(gateway.desk.open_orders()) == 3
    await line.cancel(parent)
    await until(lambda: not gateway.desk.open_orders())


async def test_one_exit_that_fills_cancels_the_other(box: Sandbox, line: Line, number: str) -> None:
    async with hearing_on(line) as heard:
        wanted = bracket(number)
        await line.place(replace(wanted, terms=replace(wanted.terms, limit_price=Decimal(260))))
        box.exchange.set_price("AAPL", Decimal(310))
        await until(
            lambda: (
                {OrderStatus.CANCELED, OrderStatus.FILLED}
                <= {one.status for one in reports(heard) if one.parent}
            )
        )


async def test_a_combination_has_its_legs_and_fills_as_one_order(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    gateway.accounts[number].cash = Decimal(10) ** 6
    resting = await line.place(spread(number, "1.00"))
    assert resting.instrument.asset_class is AssetClass.MULTI_LEG
    assert resting.terms.type is OrderType.NET
    assert [leg.instrument.symbol for leg in resting.legs] == [
        "AAPL  271217C00250000",
        "AAPL  271217C00270000",
    ]
    await line.cancel(resting)
    filled = await line.place(replace(spread(number), client_order_id="bg-2"))
    box.exchange.work()
    told = await line.snapshot(number)
    sums = known(list(told.orders), filled.broker_order_id)
    assert sums.status is OrderStatus.FILLED
    assert sum(one.quantity for one in sums.executions) == 1
    assert {one.quantity for one in told.holdings} == {Decimal(1), Decimal(-1)}
    booked = (await line.transactions(number, None)).transactions
    assert sorted(one.quantity or 0 for one in booked) == [-1, 1]


async def test_a_change_keeps_the_number_and_takes_our_new_id(
    line: Line, gateway: Gateway, number: str
) -> None:
    placed = await line.place(limit(number))
    terms = replace(placed.terms, limit_price=Decimal("201.5"), quantity=FIVE)
    changed = await line.replace(placed, terms, "bg-2")
    assert changed.broker_order_id == placed.broker_order_id
    assert changed.client_order_id == "bg-2"
    assert (changed.terms.limit_price, changed.terms.quantity) == (Decimal("201.5"), FIVE)
    assert (await line.find(number, "bg-2")).report is not None
    (order,) = gateway.desk.open_orders()
    assert order.order.ticket.quantity == FIVE


async def test_a_change_that_is_refused_leaves_the_order_as_it_was(
    line: Line, gateway: Gateway, number: str
) -> None:
    async with hearing_on(line) as heard:
        placed = await line.place(limit(number))
        gateway.faults.add("refused", method="TWS", path="/placeOrder")
        with pytest.raises(Refused):
            await line.replace(placed, replace(placed.terms, limit_price=FIVE), "bg-2")
        again = await line.order(number, placed.broker_order_id)
        assert (again.status, again.terms.limit_price) == (OrderStatus.NEW, Decimal(200))
        assert {one.status for one in reports(heard)} <= {OrderStatus.PENDING_NEW, OrderStatus.NEW}


@pytest.mark.parametrize("notice", [399, 404, 10349, 2109])
async def test_a_notice_about_an_order_cancels_nothing(
    line: Line, gateway: Gateway, number: str, notice: int
) -> None:
    gateway.habits.order_notices = [Notice(notice, "Order TIF was set to DAY by a preset")]
    async with hearing_on(line) as heard:
        placed = await line.place(limit(number))
        gateway.announce(Notice(notice, "once more"), gateway.desk.open_orders()[0].order_id)
        again = await line.order(number, placed.broker_order_id)
    assert again.status is OrderStatus.NEW
    assert not [one for one in reports(heard) if one.status.terminal]


async def test_a_rejection_says_why_and_is_told_in_the_stream_too(
    line: Line, gateway: Gateway, number: str
) -> None:
    gateway.accounts[number].cash = Decimal(1)
    with pytest.raises(Refused) as refused:
        await line.place(market(number, quantity="1000"))
    assert refused.value.broker_code == "201"
    assert refused.value.message.startswith("Interactive Brokers: Order rejected")


async def test_the_reason_of_a_cancel_that_nobody_asked_for_is_told(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    """As when a price is too far through the market (vendor's page on automated systems)."""
    async with hearing_on(line) as heard:
        placed = await line.place(limit(number))
        (order,) = gateway.desk.open_orders()
        box.exchange.cancel(order.account, order.exchange_id)
        box.exchange.work()
        notice = Notice(202, "Order Canceled - reason:too far through the market")
        gateway.announce(notice, order.order_id)
        await until(
            lambda: any(one.reason == "too far through the market" for one in reports(heard))
        )
    assert known(reports(heard), placed.broker_order_id).status is OrderStatus.CANCELED


async def test_an_order_to_fill_at_once_or_never_ends_canceled_and_not_rejected(
    box: Sandbox, line: Line, number: str
) -> None:
    wanted = limit(number)
    terms = replace(wanted.terms, time_in_force=TimeInForce.FOK)
    placed = await line.place(replace(wanted, terms=terms))
    box.exchange.work()
    told = await line.snapshot(number)
    sums = known([placed, *told.orders], placed.broker_order_id)
    assert sums.status is OrderStatus.CANCELED


async def test_what_another_program_placed_is_seen_and_not_touched(
    gateway: Gateway, desk: Desk
) -> None:
    number = next(iter(gateway.accounts))
    async with line_to(gateway, desk) as first, line_to(gateway, desk) as second:
        placed = await first.place(limit(number))
        seen = await second.order(number, placed.broker_order_id)
        assert seen.client_order_id == "bg-1"
        with pytest.raises(NotPermitted, match="another program"):
            await second.cancel(seen)
        with pytest.raises(NotPermitted, match="another program"):
            await second.replace(seen, seen.terms, "bg-2")
        await first.cancel(placed)


async def test_a_preview_tells_commission_and_margin_in_one_step_or_two(
    line: Line, gateway: Gateway, number: str
) -> None:
    for two_steps in (False, True):
        gateway.habits.two_step_preview = two_steps
        told = await line.preview(limit(number))
        assert told is not None
        assert told.commission == 1
        assert "initial margin changes by 100" in told.warnings
    gateway.habits.commission_in_preview = False
    untold = await line.preview(limit(number))
    assert untold is not None
    assert untold.commission is None
    assert "the commission is not told" in untold.warnings
    assert gateway.desk.open_orders() == []


async def test_the_root_of_a_series_is_answered_with_its_contracts(line: Line, number: str) -> None:
    series = Instrument(asset_class=AssetClass.FUTURE, symbol="ES", currency="USD")
    with pytest.raises(InvalidTicket, match=r"choose one: ESH7 FUT .* ESM7 FUT"):
        await line.place(replace(limit(number), instrument=series))
    found = await line.instruments("ES", AssetClass.FUTURE)
    assert [one.symbol for one in found] == ["ESH7", "ESM7"]
    assert {one.multiplier for one in found} == {Decimal(50)}
    placed = await line.place(replace(limit(number, "5000", "1"), instrument=found[0]))
    assert placed.instrument.id == found[0].id


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"quantity": None, "notional": FIVE}, "amounts of money"),
        ({"extended_hours": True, "time_in_force": TimeInForce.IOC}, "extended hours"),
        ({"type": OrderType.NET}, "net price"),
    ],
)
async def test_what_would_become_another_order_is_refused_before_it_leaves(
    line: Line, gateway: Gateway, number: str, change: dict[str, object], says: str
) -> None:
    wanted = limit(number)
    terms = replace(wanted.terms, **change)  # type: ignore[arg-type]  # each is a field's own kind
    with pytest.raises(InvalidTicket, match=says):
        await line.place(replace(wanted, terms=terms))
    assert not gateway.desk.placed
