"""Exact numbers, from the wire to the client."""

from decimal import Decimal, getcontext
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import decimal_of, is_bounded, plain, times, total

AMOUNTS = st.decimals(
    allow_nan=False, allow_infinity=False, places=18, min_value=-(10**19), max_value=10**19
)


@given(AMOUNTS)
def test_an_amount_survives_the_wire_to_the_last_digit(amount: Decimal) -> None:
    assert decimal_of(plain(amount)) == amount
    assert "e" not in plain(amount).lower()


@given(st.text() | st.integers() | st.floats() | st.decimals() | st.booleans() | st.none())
def test_whatever_a_broker_sends_is_a_bounded_number_or_nothing(value: object) -> None:
    number = decimal_of(value)
    assert number is None or is_bounded(number)


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        True,
        None,
        "",
        "abc",
        "NaN",
        "Infinity",
        "-Infinity",
        "sNaN",
        "1e20",
        "1e-19",
        "1.0000000000000000001",
        Decimal("NaN"),
        10**20,
        [],
    ],
)
def test_what_is_no_exact_amount_is_unknown_not_rounded(value: object) -> None:
    assert decimal_of(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1.10", "1.10"),
        (" 5 ", "5"),
        ("-0.000000000000000001", "-0.000000000000000001"),
        ("1E+3", "1000"),
        ("0E-30", "0." + "0" * 30),
        (7, "7"),
        (Decimal("99999999999999999999.999999999999999999"),) * 2,
    ],
)
def test_these_are_read_exactly(value: object, expected: object) -> None:
    number = decimal_of(value)
    assert number is not None
    assert plain(number) == str(expected)


@given(st.lists(AMOUNTS, max_size=30))
def test_a_total_equals_the_sum_of_its_parts_whatever_their_order(parts: list[Decimal]) -> None:
    whole = total(parts)
    assert whole == total(parts[::-1])
    digits = sum(int(part.scaleb(18, context=_WIDE)) for part in parts)
    assert whole.scaleb(18, context=_WIDE) == digits
    assert total(list(chain(parts, [part.copy_negate() for part in parts]))) == 0


@given(AMOUNTS, st.integers(1, 1_000))
def test_a_product_is_exact(amount: Decimal, factor: int) -> None:
    assert times(amount, Decimal(factor)) == total([amount] * factor)


_WIDE = getcontext().copy()
_WIDE.prec = 100
