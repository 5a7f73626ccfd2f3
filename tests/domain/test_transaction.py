"""The books: what an amendment is, and how far a reading has come."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.transaction import (
    Reading,
    Transaction,
    TransactionPage,
    TransactionStatus,
    TransactionType,
    advanced,
    amended,
    begun,
)

NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)
PAID = Transaction(
    broker_id="1",
    type=TransactionType.DIVIDEND,
    raw_type="DIV",
    status=TransactionStatus.POSTED,
    raw_status="executed",
    at=NOW,
    day=date(2026, 6, 1),
    currency="USD",
    amount=Decimal("1.02"),
)
MORE, LAST = TransactionPage(transactions=(), token="t"), TransactionPage(transactions=())

told = st.builds(
    replace,
    st.just(PAID),
    amount=st.sampled_from([Decimal(1), Decimal(2), None]),
    status=st.sampled_from(TransactionStatus),
    description=st.sampled_from(["", "more"]),
)


@pytest.mark.parametrize("type", TransactionType)
def test_every_type_belongs_to_a_category(type: TransactionType) -> None:
    assert type.category in type.category.__class__


def test_another_amount_under_the_same_id_is_a_correction() -> None:
    corrected = amended(PAID, replace(PAID, amount=Decimal("1.01")))
    assert corrected.status is TransactionStatus.CORRECTED
    assert corrected.amount == Decimal("1.01")


def test_better_words_and_the_end_of_waiting_are_no_correction() -> None:
    worded = replace(PAID, description="T, 2 shares")
    assert amended(PAID, worded) == worded
    pending = replace(PAID, status=TransactionStatus.PENDING, amount=None)
    assert amended(pending, PAID) == PAID


@given(st.lists(told, min_size=1, max_size=5))
def test_what_is_told_again_is_no_news(history: list[Transaction]) -> None:
    known = None
    for one in history:
        known = amended(known, one)
    assert known is not None
    assert amended(known, history[-1]) == known


def test_only_the_last_page_moves_the_waterline_and_only_to_where_the_pass_began() -> None:
    first = advanced(begun(Reading(), NOW), MORE)
    assert (first.until, first.token, first.since) == (None, "t", None)
    later = begun(first, NOW + timedelta(days=2))
    assert later == first
    assert advanced(later, LAST).until == NOW


def test_a_pass_overlaps_the_one_before_and_looks_a_month_back_once_a_day() -> None:
    reading = Reading()
    lengths = []
    for hours in (0, 1, 2, 24, 25, 47):
        began = begun(reading, NOW + timedelta(hours=hours))
        lengths.append(reading.until and began.since and reading.until - began.since)
        reading = advanced(advanced(began, MORE), LAST)
    hour, month = timedelta(hours=1), timedelta(days=30)
    assert lengths == [None, hour, hour, month, hour, hour]
