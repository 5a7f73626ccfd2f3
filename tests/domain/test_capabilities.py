"""What a broker could not take, told before anything is sent."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.capabilities import (
    Capabilities,
    Objection,
    PreviewBy,
    Rate,
    Replacing,
    Trades,
    objections,
)
from domain.errors import ErrorCode
from domain.instrument import AssetClass, Instrument
from domain.order import OrderClass, OrderSide, OrderType, Terms, TimeInForce
from domain.ticket import Ticket

ANY_TIME = frozenset({TimeInForce.DAY, TimeInForce.GTC})
CAPABILITIES = Capabilities(
    trades={
        AssetClass.EQUITY: Trades(
            types={
                OrderType.MARKET: frozenset({TimeInForce.DAY}),
                OrderType.LIMIT: ANY_TIME,
                OrderType.STOP: ANY_TIME,
                OrderType.TRAILING_STOP: ANY_TIME,
            },
            extended_hours={OrderType.LIMIT: frozenset({TimeInForce.DAY})},
        ),
        AssetClass.CRYPTO: Trades(
            types={OrderType.MARKET: ANY_TIME}, fractional=True, notional=True
        ),
    },
    preview=PreviewBy.ESTIMATED,
    replacing=Replacing.NEW_ID,
    pushes=frozenset(),
    rate=Rate(calls=200, per=timedelta(minutes=1)),
)
MARKET = Terms(
    side=OrderSide.BUY,
    type=OrderType.MARKET,
    time_in_force=TimeInForce.DAY,
    quantity=Decimal(1),
)
LIMIT = replace(MARKET, type=OrderType.LIMIT, limit_price=Decimal(10))


def told(terms: Terms, asset_class: AssetClass = AssetClass.EQUITY) -> tuple[Objection, ...]:
    """Everything that is wrong with it."""
    instrument = Instrument(asset_class=asset_class, symbol="X", currency="USD")
    ticket = Ticket(account="a", client_order_id="bg-1", instrument=instrument, terms=terms)
    return objections(ticket, CAPABILITIES)


@pytest.mark.parametrize(
    "terms",
    [
        MARKET,
        LIMIT,
        replace(LIMIT, extended_hours=True),
        replace(MARKET, type=OrderType.STOP, stop_price=Decimal(9)),
        replace(MARKET, type=OrderType.TRAILING_STOP, trail_percent=Decimal(1)),
    ],
)
def test_what_is_offered_is_taken(terms: Terms) -> None:
    assert told(terms) == ()


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (replace(MARKET, time_in_force=TimeInForce.GTC), "timeInForce"),
        (replace(LIMIT, extended_hours=True, time_in_force=TimeInForce.GTC), "timeInForce"),
        (replace(MARKET, extended_hours=True), "type"),
        (replace(MARKET, type=OrderType.NET), "type"),
        (replace(MARKET, order_class=OrderClass.BRACKET), "orderClass"),
        (replace(MARKET, quantity=None, notional=Decimal(5)), "notional"),
        (replace(MARKET, quantity=Decimal("0.5")), "quantity"),
    ],
)
def test_what_is_not_offered_is_refused_with_what_is(terms: Terms, field: str) -> None:
    (objection,) = told(terms)
    assert (objection.code, objection.field) == (ErrorCode.UNSUPPORTED_CAPABILITY, field)
    assert "possible: " in objection.message


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (replace(MARKET, quantity=None), "quantity"),
        (replace(MARKET, notional=Decimal(5)), "quantity"),
        (replace(MARKET, quantity=Decimal(0)), "quantity"),
        (replace(MARKET, quantity=Decimal(-1)), "quantity"),
        (replace(LIMIT, limit_price=None), "limitPrice"),
        (replace(MARKET, type=OrderType.STOP), "stopPrice"),
        (replace(MARKET, type=OrderType.TRAILING_STOP), "trailAmount"),
        (replace(MARKET, trail_percent=Decimal(1)), "trailAmount"),
        (
            replace(
                MARKET,
                type=OrderType.TRAILING_STOP,
                trail_percent=Decimal(1),
                trail_amount=Decimal(1),
            ),
            "trailAmount",
        ),
    ],
)
def test_what_no_broker_could_take_is_invalid(terms: Terms, field: str) -> None:
    found = told(terms)
    assert (ErrorCode.INVALID_TICKET, field) in [(each.code, each.field) for each in found]


def test_an_asset_class_that_is_not_traded_is_refused() -> None:
    (objection,) = told(MARKET, AssetClass.BOND)
    assert objection.field == "instrument"
    assert "CRYPTO, EQUITY" in objection.message


def test_fractions_and_amounts_of_money_are_taken_where_they_are_offered() -> None:
    assert told(replace(MARKET, quantity=Decimal("0.0001")), AssetClass.CRYPTO) == ()
    money = replace(MARKET, quantity=None, notional=Decimal("12.34"))
    assert told(money, AssetClass.CRYPTO) == ()
