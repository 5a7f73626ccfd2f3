"""How orders reach E*TRADE: previewed, and then placed once."""

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
    Refused,
    Unreachable,
)
from domain.instrument import AssetClass, Instrument
from domain.order import OrderClass, OrderStatus, OrderType, PositionEffect, TimeInForce
from domain.preview import PreviewSource
from domain.ticket import Exits
from sandbox import Sandbox
from sandbox.orders import Side
from tests.brokers.desk import Desk
from tests.brokers.etrade_line.scene import FUND, PLACE, lined, sent, spread, trade
from tests.brokers.tickets import APPLE, BUY, CALL, SELL, resting, terms, ticket

PREVIEW = "/orders/preview.json"


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
