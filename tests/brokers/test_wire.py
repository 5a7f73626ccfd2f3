"""Reading JSON: exact, total, and safe to show."""

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.wire import MAX_SAID, Row, document, moment_of, rounded, rows, said, whole
from domain.errors import Unintelligible

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_document_or_unintelligible(content: bytes) -> None:
    with suppress(Unintelligible):
        document(content)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b'{"a":', b'{"a": NaN}', b"[Infinity]", b"[" * 100_000, b"\xff\xfe"]
)
def test_what_is_not_json_is_unintelligible(content: bytes) -> None:
    with pytest.raises(Unintelligible):
        document(content)


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("00012", 12), ("99999", 99_999), ("100000", None)]
    + [(text, None) for text in ("", "-1", "+1", " 1", "1.5", "1_0", "\u00b2", "\u0663", "soon")],
)
def test_a_whole_number_is_a_few_plain_digits_and_nothing_else(
    text: str, number: int | None
) -> None:
    assert whole(text, 5) == number


def test_numbers_are_exact() -> None:
    read = document(b'{"p": 0.1, "q": 1e-9, "id": 9223372036854775807}')
    row = Row(read, "it")
    assert row.amount("p") == Decimal("0.1")
    assert row.amount("q") == Decimal("0.000000001")
    assert row.text("id") == "9223372036854775807"


@pytest.mark.parametrize("value", [None, True, "NaN", "Infinity", "", "1e400", [], {}, "0x1"])
def test_what_is_no_amount_is_none_and_never_zero(value: object) -> None:
    row = Row({"qty": value}, "the position")
    assert row.amount("qty") is None
    assert row.figure("qty") is None
    with pytest.raises(Unintelligible, match="the position has no readable qty"):
        row.need_amount("qty")


def test_a_figure_is_rounded_where_an_amount_is_refused() -> None:
    row = Row({"cost": "49.6499849505605227113711001112"}, "it")
    assert row.amount("cost") is None
    assert row.figure("cost") == Decimal("49.649984950560522711")


@given(st.decimals() | st.text() | st.integers() | st.none())
def test_rounding_never_breaks(value: object) -> None:
    rounded(value)
    rounded(str(value))


def test_a_broken_list_is_not_an_empty_one() -> None:
    assert rows([], "the orders") == ()
    odd: tuple[object, ...] = (None, {}, "", [1], [None], [{}, []])
    for broken in odd:
        with pytest.raises(Unintelligible):
            rows(broken, "the orders")


@given(st.text(max_size=2000))
def test_a_brokers_words_are_short_and_harmless(text: str) -> None:
    shown = said(text)
    assert len(shown) <= MAX_SAID
    assert shown.isprintable()
    assert not {"<", ">"} & set(shown)


def test_markup_is_taken_out_of_a_brokers_words() -> None:
    assert said("<b>no</b> <script>alert(1)</script>money\x00\n\u202e") == "no alert(1) money"


@given(st.text() | st.datetimes().map(str))
def test_a_moment_is_in_utc_or_none(text: str) -> None:
    moment = moment_of(text)
    assert moment is None or moment.utcoffset() is not None


def test_nanoseconds_and_offsets_are_read() -> None:
    assert str(moment_of("2022-04-19T13:45:05.027690731-04:00")) == (
        "2022-04-19 17:45:05.027690+00:00"
    )
    assert moment_of("2021-04-20T13:01:57.123456789") is None
    assert moment_of("0001-01-01T00:00:00+14:00") is None
