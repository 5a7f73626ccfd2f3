"""Values as text and back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instrument import option_of
from store.codec import VERSION, Unreadable, decode, encode


class Colour(StrEnum):
    """A word."""

    RED = "RED"
    BLUE = "BLUE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A part."""

    amount: Decimal
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """One of everything that the domain is made of."""

    at: datetime
    every: timedelta
    colours: frozenset[Colour]
    parts: tuple[Inner, ...]
    named: Mapping[str, Inner]
    maybe: Inner | None = None


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
INNERS = st.builds(
    Inner,
    amount=st.decimals(allow_nan=False, allow_infinity=False),
    on=st.none() | st.dates(),
)
OUTERS = st.builds(
    Outer,
    at=st.datetimes(timezones=ZONES, min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)),  # noqa: DTZ001
    every=st.integers(0, 10**9).map(lambda seconds: timedelta(seconds=seconds)),
    colours=st.frozensets(st.sampled_from(Colour)),
    parts=st.lists(INNERS, max_size=3).map(tuple),
    named=st.dictionaries(st.text(), INNERS, max_size=3),
    maybe=st.none() | INNERS,
)


@given(OUTERS)
def test_a_value_comes_back_as_it_was(value: Outer) -> None:
    text = encode(value)
    assert decode(Outer, text) == value
    for before, after in zip(value.parts, decode(Outer, text).parts, strict=True):
        assert before.amount.as_tuple() == after.amount.as_tuple()


def test_equal_values_are_equal_text() -> None:
    one = Outer(
        at=datetime(2026, 1, 1, tzinfo=UTC),
        every=timedelta(0),
        colours=frozenset({Colour.RED, Colour.BLUE}),
        parts=(),
        named={},
    )
    assert '"colours":["BLUE","RED"]' in encode(one)


def test_what_was_worked_out_of_a_value_is_not_stored_with_it() -> None:
    asked = option_of("AAPL  261218C00200000")
    assert asked
    before = encode(asked)
    assert asked.id == "OPTION:AAPL  261218C00200000"
    assert encode(asked) == before == encode(replace(asked))


def test_a_float_is_never_what_an_amount_is_kept_as() -> None:
    text = encode(Inner(amount=Decimal("0.1")))
    assert orjson.loads(text)["value"]["amount"] == "0.1"


def test_a_field_that_is_gone_is_ignored_and_a_new_one_has_its_default() -> None:
    text = encode(Inner(amount=Decimal(1))).replace('"on":null', '"was":1')
    assert decode(Inner, text) == Inner(amount=Decimal(1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "nonsense",
        '{"v":1,"value":{}}',
        '{"v":1,"value":{"amount":"ten"}}',
        '{"v":1,"value":null}',
        orjson.dumps({"v": VERSION + 1, "value": {"amount": "1"}}).decode(),
    ],
)
def test_what_cannot_be_read_is_told_apart_from_a_bug(text: str) -> None:
    with pytest.raises(Unreadable):
        decode(Inner, text)
