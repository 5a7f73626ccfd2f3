"""What scalars let in and out."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLScalarType, parse_value
from hypothesis import given
from hypothesis import strategies as st

from domain.money import is_bounded
from graph.schema import build


def scalar(name: str) -> GraphQLScalarType:
    """The scalar as the schema executes it."""
    found = build().type_map[name]
    assert isinstance(found, GraphQLScalarType)
    return found


BOUNDED = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=Decimal("-1e19"), max_value=Decimal("1e19")
).filter(is_bounded)


@given(BOUNDED)
def test_a_decimal_survives_the_way_out_and_back(number: Decimal) -> None:
    text = scalar("Decimal").coerce_output_value(number)
    assert "E" not in text
    assert scalar("Decimal").coerce_input_value(text) == number


@pytest.mark.parametrize(
    "value", [1, 1.5, True, None, "", "NaN", "Infinity", "1e400", "1" * 21, "0." + "1" * 19, "x"]
)
def test_a_decimal_is_a_bounded_string_and_nothing_else(value: object) -> None:
    with pytest.raises(GraphQLError):
        scalar("Decimal").coerce_input_value(value)


@pytest.mark.parametrize("literal", ["1.10000000000000000000001", "1", "1e3", "true"])
def test_an_unquoted_decimal_is_refused_rather_than_rounded(literal: str) -> None:
    with pytest.raises(GraphQLError):
        scalar("Decimal").parse_literal(parse_value(literal))


@pytest.mark.parametrize("value", [Decimal("NaN"), 1.5, "1"])
def test_what_is_no_finite_decimal_does_not_get_out(value: object) -> None:
    with pytest.raises(GraphQLError):
        scalar("Decimal").coerce_output_value(value)


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_goes_out_in_utc_and_comes_back_the_same(moment: datetime) -> None:
    try:
        expected = moment.astimezone(UTC)
    except OverflowError:
        return
    text = scalar("DateTime").coerce_output_value(moment)
    assert text.endswith("Z")
    assert scalar("DateTime").coerce_input_value(text) == expected


def test_any_zone_is_taken() -> None:
    moment = datetime(2026, 11, 20, 9, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert scalar("DateTime").coerce_input_value("2026-11-20T09:30:00-05:00") == moment


@pytest.mark.parametrize("value", ["2026-11-20T09:30:00", "2026-11-20", "soon", 1, "2026-11-20Z"])
def test_a_moment_without_a_zone_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError):
        scalar("DateTime").coerce_input_value(value)


def test_a_moment_without_a_zone_does_not_get_out() -> None:
    with pytest.raises(GraphQLError):
        scalar("DateTime").coerce_output_value(datetime(2026, 11, 20))  # noqa: DTZ001


@pytest.mark.parametrize(("name", "good"), [("Date", "2026-11-20"), ("CurrencyCode", "USD")])
@pytest.mark.parametrize("bad", ["", "usd", "2026-13-40", "x" * 200, 7, None, ["USD"]])
def test_other_scalars_take_their_own_form_alone(name: str, good: str, bad: Any) -> None:
    assert scalar(name).coerce_input_value(good)
    with pytest.raises(GraphQLError):
        scalar(name).coerce_input_value(bad)
