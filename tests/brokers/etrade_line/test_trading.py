"""How orders reach E*TRADE: once, previewed, and found again by what they say."""

from dataclasses import replace
from decimal import Decimal

import pytest

from brokers.etrade.line import Line
from domain.connection import Permission
from domain.errors import (
    InstrumentNotFound,
    InsufficientFunds,
    InvalidTicket,
    NotPermitted,
    OrderNotFound,
    OutcomeUnknown,
    Refused,
    Unreachable,
)
from domain.holding import MarkSource
from domain.instrument import AssetClass, Instrument
from domain.order import OrderClass, OrderStatus, OrderType, PositionEffect, TimeInForce
from domain.preview import PreviewSource
from domain.ticket import Exits, Ticket
from sandbox import Sandbox
from sandbox.orders import OrdStatus, Side
from tests.brokers.desk import Desk
from tests.brokers.etrade_line.scene import (
    APPLE,
    BUY,
    CALL,
    FUND,
    SELL,
    lined,
    sent,
    spread,
    terms,
    ticket,
    trade,
)

PLACE, PREVIEW = "/orders/place.json", "/orders/preview.json"
AFTER = ["timeout_after", "reset_after", "error_after", "garbage_after", "html_after"]


def resting(account: str, name: str = "bg-1", quantity: str = "2") -> Ticket:
    return ticket(account, terms(limit="200", quantity=quantity), name=name)


async def unknown(line: Line, box: Sandbox, wanted: Ticket, kind: str = "reset_after") -> None:
    box.faults.add(kind, path=f"*{PLACE}", status=504)
    with pytest.raises(OutcomeUnknown):
        await line.place(wanted)


async def test_an_order_is_previewed_and_then_placed_once(
    line: Line, box: Sandbox, number: str, desk: Desk
) -> None:
    placed = await line.place(resting(number))
    assert placed.client_order_id == "bg-1"
    assert placed.terms.effect is PositionEffect.OPEN
    assert [record.operation for record in desk.records] == [
        "accounts",
        "portfolio",
        "preview",
        "place",
    ]
    (order,) = box.etrade.margin.orders.values()
    assert order.client_id == "bg1"
    assert (await line.order(number, placed.broker_order_id)).status is OrderStatus.NEW


async def test_a_preview_is_the_brokers_and_places_nothing(
    line: Line, box: Sandbox, number: str, desk: Desk
) -> None:
    desk.permission = Permission.READ
    told = await line.preview(resting(number))
    assert told is not None
    assert (told.source, told.cost, told.commission) == (
        PreviewSource.BROKER,
        Decimal("400.0000"),
        Decimal(0),
    )
    assert told.buying_power_after == 199_600
    assert box.etrade.margin.orders == {}
    with pytest.raises(NotPermitted):
        await line.place(resting(number))
    assert sent(box, PLACE) == 0


@pytest.mark.parametrize("kind", ["error", "holding", "reset", "garbage_after", "html_after"])
async def test_what_fails_before_the_placing_has_sent_nothing(
    box: Sandbox, number: str, kind: str
) -> None:
    if kind == "holding":
        box.faults.add("error_after", path="*/portfolio.json", count=0, status=503)
    else:
        box.faults.add(kind, path=f"*{PREVIEW}", count=0, status=503)
    async with lined(box, Desk()) as line:
        with pytest.raises(Unreachable, match="nothing was sent"):
            await line.place(resting(number))
    assert sent(box, PLACE) == 0
    assert box.etrade.margin.orders == {}


async def test_a_preview_that_never_answers_is_given_up_before_the_placing(
    line: Line, box: Sandbox, number: str
) -> None:
    line._placing.before_seconds = 0.2
    box.faults.add("hang", path=f"*{PREVIEW}", count=0)
    with pytest.raises(Unreachable, match="nothing was sent"):
        await line.place(resting(number))
    assert sent(box, PLACE) == 0


async def test_what_is_refused_is_refused_by_the_preview(
    line: Line, box: Sandbox, number: str
) -> None:
    with pytest.raises(InsufficientFunds) as told:
        await line.place(resting(number, quantity="100000"))
    assert told.value.broker_code == "1021"
    nothing = replace(APPLE, symbol="NOSUCH")
    with pytest.raises(InstrumentNotFound):
        await line.place(ticket(number, terms(effect=PositionEffect.OPEN), nothing))
    assert sent(box, PLACE) == 0


@pytest.mark.parametrize(
    ("held", "side", "word"),
    [
        ("0", BUY, "BUY"),
        ("0", SELL, "SELL_SHORT"),
        ("5", SELL, "SELL"),
        ("5", BUY, "BUY"),
        ("-5", BUY, "BUY_TO_COVER"),
        ("-5", SELL, "SELL_SHORT"),
    ],
)
async def test_whether_it_opens_is_seen_from_what_is_held(
    line: Line, box: Sandbox, number: str, held: str, side: str, word: str
) -> None:
    if quantity := Decimal(held):
        trade(box, "AAPL", str(abs(quantity)), side=Side.BUY if quantity > 0 else Side.SELL)
    await line.place(ticket(number, terms(BUY if side == BUY else SELL)))
    box.exchange.work()
    orders = (await line.snapshot(number)).orders
    told = next(one for one in orders if one.stamp and one.terms.quantity == 2)
    expected = {
        "BUY": (BUY, None),
        "SELL": (SELL, None),
        "SELL_SHORT": (SELL, PositionEffect.OPEN),
        "BUY_TO_COVER": (BUY, PositionEffect.CLOSE),
    }
    assert (told.terms.side, told.terms.effect) == expected[word]
    signed = 2 if side == BUY else -2
    assert box.etrade.margin.holding("AAPL").quantity == Decimal(held) + signed


async def test_options_are_opened_and_closed(line: Line, box: Sandbox, number: str) -> None:
    await line.place(ticket(number, terms(quantity="3"), CALL, "bg-1"))
    box.exchange.work()
    await line.place(ticket(number, terms(SELL, "1"), CALL, "bg-2"))
    box.exchange.work()
    (held,) = (await line.snapshot(number)).holdings
    assert (held.instrument, held.quantity) == (CALL, Decimal(2))
    with pytest.raises(Refused):
        await line.place(ticket(number, terms(SELL, "9", effect=PositionEffect.CLOSE), CALL, "x"))


async def test_a_fund_is_bought_for_money_and_sold_by_units(
    line: Line, box: Sandbox, number: str
) -> None:
    buy = replace(terms(), quantity=None, notional=Decimal("1000"))
    await line.place(ticket(number, buy, FUND, "bg-1"))
    box.exchange.work()
    (held,) = (await line.snapshot(number)).holdings
    assert held.instrument.asset_class is AssetClass.MUTUAL_FUND
    assert held.quantity % 1
    await line.place(ticket(number, terms(SELL, str(held.quantity)), FUND, "bg-2"))
    box.exchange.work()
    assert (await line.snapshot(number)).holdings == ()


@pytest.mark.parametrize("net", ["10.50", "-10.50"])
async def test_a_spread_has_a_net_price(line: Line, box: Sandbox, number: str, net: str) -> None:
    await line.place(spread(number, net))
    (order,) = (await line.snapshot(number)).orders
    assert (order.terms.type, order.terms.limit_price) == (OrderType.NET, Decimal(net))
    assert order.instrument.asset_class is AssetClass.MULTI_LEG


async def test_what_the_api_has_no_word_for_is_refused_here(line: Line, number: str) -> None:
    bracket = replace(
        resting(number),
        terms=replace(terms(limit="200"), order_class=OrderClass.BRACKET),
        exits=Exits(take_profit=Decimal(300), stop_loss=Decimal(100)),
    )
    dated = ticket(number, terms(limit="200", time_in_force=TimeInForce.GTD))
    coin = Instrument(asset_class=AssetClass.CRYPTO, symbol="BTC/USD", currency="USD")
    for wanted in (bracket, dated, ticket(number, terms(effect=PositionEffect.OPEN), coin)):
        with pytest.raises(InvalidTicket):
            await line.place(wanted)


@pytest.mark.parametrize("kind", [kind for kind in AFTER if kind != "timeout_after"])
async def test_an_order_whose_answer_is_lost_is_found_by_what_it_says(
    line: Line, box: Sandbox, number: str, kind: str
) -> None:
    await line.place(resting(number, "bg-0"))
    await line.snapshot(number)
    await unknown(line, box, resting(number), kind)
    found = await line.find(number, "bg-1")
    assert found.report is not None
    assert found.report.client_order_id == "bg-1"
    newest = list(box.etrade.margin.orders)[-1]
    assert box.etrade.person.orders.name(found.report.broker_order_id) == newest
    assert sent(box, PLACE) == 2


async def test_an_order_that_never_arrived_is_not_found_and_not_another_one_taken_for_it(
    line: Line, box: Sandbox, number: str
) -> None:
    await line.place(resting(number, "bg-0"))
    box.faults.add("reset", path=f"*{PLACE}")
    with pytest.raises(OutcomeUnknown):
        await line.place(resting(number))
    found = await line.find(number, "bg-1")
    assert (found.report, found.proven_absent) == (None, False)


async def test_an_order_that_was_placed_after_it_by_us_is_not_taken_for_it(
    line: Line, box: Sandbox, number: str
) -> None:
    box.faults.add("reset", path=f"*{PLACE}")
    with pytest.raises(OutcomeUnknown):
        await line.place(resting(number))
    await line.place(resting(number, "bg-2"))
    assert (await line.find(number, "bg-1")).report is None


async def test_two_that_would_fit_are_nobodys(line: Line, box: Sandbox, number: str) -> None:
    await unknown(line, box, resting(number, "bg-1"))
    await unknown(line, box, resting(number, "bg-2"))
    assert (await line.find(number, "bg-1")).report is None
    assert (await line.find(number, "bg-2")).report is None


@pytest.mark.parametrize("quantity", ["3", "2"])
async def test_an_order_from_elsewhere_that_says_another_thing_is_not_taken_for_it(
    line: Line, box: Sandbox, number: str, quantity: str
) -> None:
    box.faults.add("reset", path=f"*{PLACE}")
    with pytest.raises(OutcomeUnknown):
        await line.place(resting(number))
    trade(box, "AAPL", quantity)
    assert (await line.find(number, "bg-1")).report is None


async def test_after_a_restart_nothing_is_claimed(box: Sandbox, number: str) -> None:
    async with lined(box, Desk()) as line:
        await unknown(line, box, resting(number))
    async with lined(box, Desk()) as line:
        assert (await line.find(number, "bg-1")).report is None


async def test_a_change_is_a_new_order_in_the_place_of_the_old_one(
    line: Line, box: Sandbox, number: str
) -> None:
    old = await line.place(resting(number))
    box.exchange.work()
    wanted = replace(old.terms, limit_price=Decimal(201), quantity=Decimal(3))
    new = await line.replace(old, wanted, "bg-2")
    box.exchange.work()
    assert new.replaces == old.broker_order_id
    orders = {one.broker_order_id: one for one in (await line.snapshot(number)).orders}
    assert orders[old.broker_order_id].status is OrderStatus.REPLACED
    assert orders[old.broker_order_id].replaced_by == new.broker_order_id
    assert orders[new.broker_order_id].terms.limit_price == 201
    assert orders[new.broker_order_id].terms.quantity == 3


async def test_a_change_of_what_has_filled_in_part_is_for_the_rest(
    line: Line, box: Sandbox, number: str
) -> None:
    box.exchange.liquidity["AAPL"] = Decimal(3)
    placed = await line.place(ticket(number, terms(quantity="10", limit="260")))
    box.exchange.work()
    old = await line.order(number, placed.broker_order_id)
    assert (old.status, old.filled_quantity) == (OrderStatus.PARTIALLY_FILLED, Decimal(3))
    wanted = replace(old.terms, limit_price=Decimal(100), quantity=Decimal(8))
    new = await line.replace(old, wanted, "bg-2")
    box.exchange.work()
    assert new.terms.quantity == 5
    listed = await line.order(number, new.broker_order_id)
    assert (listed.terms.quantity, listed.filled_quantity) == (Decimal(5), Decimal(0))


@pytest.mark.parametrize("kind", [kind for kind in AFTER if kind != "timeout_after"])
async def test_a_change_whose_answer_is_lost_is_sent_once_and_found(
    line: Line, box: Sandbox, number: str, kind: str
) -> None:
    old = await line.place(resting(number))
    box.exchange.work()
    await line.snapshot(number)
    box.faults.add(kind, path="*/change/place.json", status=504)
    with pytest.raises(OutcomeUnknown):
        await line.replace(old, replace(old.terms, limit_price=Decimal(201)), "bg-2")
    assert sent(box, "/change/place.json") == 1
    found = await line.find(number, "bg-2")
    assert found.report is not None
    assert found.report.replaces == old.broker_order_id


async def test_a_cancel_is_asked_for_once_and_told_by_the_list(
    line: Line, box: Sandbox, number: str
) -> None:
    placed = await line.place(resting(number))
    box.faults.add("reset_after", method="PUT", path="*/orders/cancel.json")
    with pytest.raises(OutcomeUnknown):
        await line.cancel(placed)
    assert sent(box, "/orders/cancel.json") == 1
    assert (await line.order(number, placed.broker_order_id)).status is OrderStatus.CANCELED


async def test_a_cancel_that_is_pending_already_is_what_was_wanted(
    line: Line, box: Sandbox, number: str
) -> None:
    placed = await line.place(resting(number))
    told = {"Error": {"code": 5003, "message": "pending"}}
    box.faults.add("alter", method="PUT", path="*/orders/cancel.json", set=told)
    await line.cancel(placed)
    with pytest.raises(Refused):
        await line.cancel(placed)


async def test_a_cancel_that_loses_to_the_fill_leaves_it_filled(
    line: Line, box: Sandbox, number: str
) -> None:
    placed = await line.place(resting(number))
    box.exchange.set_price("AAPL", Decimal(190))
    with pytest.raises(Refused):
        await line.cancel(placed)
    (order,) = box.etrade.margin.orders.values()
    assert order.status is OrdStatus.FILLED
    assert (await line.order(number, placed.broker_order_id)).status is OrderStatus.FILLED


async def test_an_order_that_there_is_not_is_not_found(line: Line, number: str) -> None:
    with pytest.raises(OrderNotFound):
        await line.order(number, "999999")


@pytest.mark.parametrize("form", ["json", "xml", "html", "none"])
async def test_a_refusal_is_one_in_every_form(
    line: Line, box: Sandbox, number: str, form: str
) -> None:
    box.etrade.quirks.errors = form
    with pytest.raises(Refused) as told:
        await line.place(resting(number, quantity="100000"))
    assert "<" not in told.value.message
    if form in {"json", "xml"}:
        assert isinstance(told.value, InsufficientFunds)


async def test_quotes_come_fifty_at_a_time_and_unknown_ones_are_left_out(
    line: Line, box: Sandbox
) -> None:
    many = [
        Instrument(asset_class=AssetClass.EQUITY, symbol=f"X{index:02}", currency="USD")
        for index in range(60)
    ]
    found = await line.quotes([APPLE, CALL, FUND, *many])
    assert {mark.instrument_id for mark in found} == {APPLE.id, CALL.id, FUND.id}
    assert {mark.source for mark in found} == {MarkSource.QUOTE}
    asked = [one.path.count(",") + 1 for one in box.log.entries if "/quote/" in one.path]
    assert asked == [50, 13]


async def test_one_symbol_that_fails_its_batch_costs_no_other_its_price(
    line: Line, box: Sandbox
) -> None:
    told = {"Error": {"code": 1019, "message": "Invalid symbol"}}
    box.faults.add("alter", path="*/market/quote/*", set=told)
    found = await line.quotes([APPLE, CALL, FUND])
    assert {mark.instrument_id for mark in found} == {APPLE.id, CALL.id, FUND.id}


async def test_instruments_are_looked_up(line: Line) -> None:
    assert [one.symbol for one in await line.instruments("apple", None)] == ["AAPL"]
    assert [one.symbol for one in await line.instruments("v", AssetClass.MUTUAL_FUND)] == ["VFIAX"]
    contracts = await line.instruments("aapl", AssetClass.OPTION)
    assert CALL in contracts
    assert len(contracts) == 3
    assert await line.instruments("zzz", None) == ()
    assert await line.instruments("zzz", AssetClass.OPTION) == ()
    assert (await line.increments(APPLE)).lot == 1
    with pytest.raises(InstrumentNotFound):
        await line.increments(replace(APPLE, symbol="NOSUCH"))
