"""The bodies that we send are the ones in the vendor's examples."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from brokers.alpaca.orders import placement, replacement
from brokers.alpaca.symbols import combination_of, instrument_of
from brokers.wire import document
from domain.errors import InvalidTicket
from domain.instrument import Instrument, option_of
from domain.order import (
    Leg,
    OrderClass,
    OrderSide,
    OrderType,
    PositionEffect,
    Terms,
    TimeInForce,
)
from domain.ticket import Ticket
from tests.recordings import RECORDINGS, needs_recordings

REQUESTS = RECORDINGS / "alpaca" / "rest" / "requests"
BUY, SELL = OrderSide.BUY, OrderSide.SELL
DAY, GTC = TimeInForce.DAY, TimeInForce.GTC


def option(symbol: str) -> Instrument:
    found = option_of(symbol)
    assert found is not None
    return found


LONG, SHORT = option("AAPL241213C00250000"), option("AAPL241213C00260000")
LEGS = (
    Leg(instrument=LONG, side=BUY, ratio=Decimal(3), effect=PositionEffect.OPEN),
    Leg(instrument=SHORT, side=SELL, ratio=Decimal(1), effect=PositionEffect.OPEN),
)


def terms(
    side: OrderSide = BUY,
    type: OrderType = OrderType.LIMIT,
    time_in_force: TimeInForce = DAY,
    **amounts: Any,
) -> Terms:
    return Terms(side=side, type=type, time_in_force=time_in_force, **amounts)


def ticket(instrument: Instrument, wanted: Terms, legs: tuple[Leg, ...] = ()) -> Ticket:
    return Ticket(
        account="A", client_order_id="bg-1", instrument=instrument, terms=wanted, legs=legs
    )


def stock(symbol: str) -> Instrument:
    return instrument_of(symbol, "us_equity")


def amount(text: str) -> Decimal:
    return Decimal(text)


PLACED = {
    "post_v2_orders_equity": ticket(
        stock("AAPL"), terms(time_in_force=GTC, quantity=amount("2"), limit_price=amount("150"))
    ),
    "post_v2_orders_options": ticket(
        option("AAPL250620C00100000"), terms(quantity=amount("2"), limit_price=amount("10"))
    ),
    "post_v2_orders_crypto": ticket(
        instrument_of("ETH/USD", "crypto"),
        terms(time_in_force=GTC, quantity=amount("0.02"), limit_price=amount("2100")),
    ),
    "post_v2_orders_multilegoptions": ticket(
        combination_of([LONG, SHORT]),
        terms(
            type=OrderType.NET,
            quantity=amount("3"),
            limit_price=amount("10"),
            order_class=OrderClass.MULTI_LEG,
        ),
        LEGS,
    ),
    "order_fractional_qty": ticket(
        stock("AAPL"), terms(type=OrderType.MARKET, quantity=amount("3.654"))
    ),
    "order_fractional_notional": ticket(
        stock("AAPL"), terms(type=OrderType.MARKET, notional=amount("500.75"))
    ),
    "order_simple_trailing_stop": ticket(
        stock("SPY"),
        terms(SELL, OrderType.TRAILING_STOP, quantity=amount("100"), trail_amount=amount("6.15")),
    ),
}


def recorded(name: str) -> Any:
    """An example; numbers as strings, which is what the specification asks for."""
    body = document((REQUESTS / f"{name}.json").read_bytes())
    assert isinstance(body, dict)
    return {key: str(field) if isinstance(field, Decimal) else field for key, field in body.items()}


@needs_recordings
@pytest.mark.parametrize("name", sorted(PLACED))
def test_a_ticket_becomes_the_vendors_example(name: str) -> None:
    assert placement(PLACED[name]) == {**recorded(name), "client_order_id": "bg-1"}


@needs_recordings
def test_new_terms_become_the_vendors_example() -> None:
    old = terms(quantity=amount("2"), limit_price=amount("150"))
    new = terms(time_in_force=GTC, quantity=amount("4"), limit_price=amount("155"))
    expected = {**recorded("patch_v2_orders_order_id_equity"), "client_order_id": "bg-2"}
    assert replacement(old, new, "bg-2") == expected


def test_a_quantity_that_stays_is_not_sent_as_fractions_are_refused() -> None:
    old = terms(quantity=amount("2.5"), limit_price=amount("150"))
    new = terms(quantity=amount("2.5"), limit_price=amount("151"))
    assert replacement(old, new, "bg-2") == {"client_order_id": "bg-2", "limit_price": "151"}


def test_amounts_have_no_exponent() -> None:
    tiny = terms(time_in_force=GTC, quantity=Decimal("1E-9"), limit_price=Decimal("1E+5"))
    body = placement(ticket(instrument_of("BTC/USD", "crypto"), tiny))
    assert (body["qty"], body["limit_price"]) == ("0.000000001", "100000")


@pytest.mark.parametrize(
    "wanted",
    [
        terms(time_in_force=TimeInForce.GTD, quantity=amount("1"), limit_price=amount("1")),
        terms(type=OrderType.MARKET_IF_TOUCHED, quantity=amount("1")),
        terms(type=OrderType.MARKET, quantity=amount("1"), order_class=OrderClass.OTHER),
    ],
)
def test_what_alpaca_has_no_word_for_is_refused_before_it_is_sent(wanted: Terms) -> None:
    with pytest.raises(InvalidTicket):
        placement(ticket(stock("AAPL"), wanted))


def test_an_option_is_written_unpadded() -> None:
    assert LONG.option is not None
    assert LONG.option.expiry == date(2024, 12, 13)
    wanted = terms(quantity=amount("1"), limit_price=amount("1"))
    assert placement(ticket(LONG, wanted))["symbol"] == "AAPL241213C00250000"
