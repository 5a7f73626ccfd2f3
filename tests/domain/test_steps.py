"""What falls between a broker's steps is told before it is sent, with what would be taken."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ErrorCode
from domain.order import OrderSide, OrderType, Terms, TimeInForce
from domain.ticket import Exits
from domain.ticket_options import Increments, between_steps

KNOWN = Increments(tick=Decimal("0.05"), lot=Decimal("0.001"), minimum=Decimal("0.002"))
LIMIT = Terms(
    side=OrderSide.BUY,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    quantity=Decimal(1),
    limit_price=Decimal(10),
)


def fields(terms: Terms, exits: Exits | None = None, known: Increments = KNOWN) -> list[str]:
    """Which fields are objected to, each as an invalid ticket."""
    found = between_steps(terms, exits, known)
    assert {each.code for each in found} <= {ErrorCode.INVALID_TICKET}
    return [each.field for each in found]


def test_what_is_on_the_steps_passes() -> None:
    assert fields(LIMIT) == []
    assert fields(replace(LIMIT, limit_price=Decimal("10.050"), quantity=Decimal("0.0020"))) == []


OFF = Decimal("10.01")


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (replace(LIMIT, limit_price=OFF), "limitPrice"),
        (replace(LIMIT, stop_price=OFF), "stopPrice"),
        (replace(LIMIT, trail_amount=OFF), "trailAmount"),
    ],
)
def test_every_price_of_the_terms_is_looked_at(terms: Terms, field: str) -> None:
    assert fields(terms) == [field]


def test_every_price_of_the_exits_is_looked_at() -> None:
    exits = Exits(take_profit=OFF, stop_loss=OFF, stop_limit=OFF)
    assert fields(LIMIT, exits) == ["takeProfitPrice", "stopLossPrice", "stopLossLimitPrice"]


def test_a_quantity_between_lots_or_below_the_smallest_is_told() -> None:
    assert fields(replace(LIMIT, quantity=Decimal("1.0005"))) == ["quantity"]
    assert fields(replace(LIMIT, quantity=Decimal("0.001"))) == ["quantity"]


def test_it_says_what_would_be_taken() -> None:
    (price,) = between_steps(replace(LIMIT, limit_price=Decimal("10.07")), None, KNOWN)
    assert price.message == "limitPrice 10.07 is between steps of 0.05; possible: 10.05 or 10.10"
    (size,) = between_steps(replace(LIMIT, quantity=Decimal("0.001")), None, KNOWN)
    assert size.message == "quantity 0.001 is too small; possible: 0.002 and more"


def test_what_is_not_known_denies_nothing() -> None:
    odd = replace(LIMIT, limit_price=Decimal("1.23456"), quantity=Decimal("0.0000001"))
    assert fields(odd, known=Increments()) == []
    assert fields(odd, known=Increments(tick=Decimal(0), lot=Decimal(0))) == []
    money = replace(LIMIT, quantity=None, notional=Decimal(10))
    assert fields(money) == []


@given(st.integers(1, 10**12), st.sampled_from(["0.01", "0.0001", "0.25", "1e-9", "5"]))
def test_every_multiple_of_a_step_passes_and_nothing_beside_it(many: int, step: str) -> None:
    tick = Decimal(step)
    known = Increments(tick=tick)
    assert fields(replace(LIMIT, limit_price=many * tick), known=known) == []
    assert fields(replace(LIMIT, limit_price=many * tick + tick / 2), known=known) != []
