"""New York's hours, with its holidays and half days."""

from datetime import UTC, datetime

import pytest

from brokers.market_hours import is_open, next_open
from domain.instrument import AssetClass


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 6, 1, 13, 29, 59, tzinfo=UTC), False),
        (datetime(2026, 6, 1, 13, 30, tzinfo=UTC), True),
        (datetime(2026, 6, 1, 19, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 6, 1, 20, 0, tzinfo=UTC), False),
        # After the clocks went back.
        (datetime(2026, 11, 2, 14, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 2, 14, 30, tzinfo=UTC), True),
        # The day after Thanksgiving closes at one, and New Year's Day does not open.
        (datetime(2026, 11, 27, 17, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 27, 18, 0, tzinfo=UTC), False),
        (datetime(2027, 1, 1, 16, 0, tzinfo=UTC), False),
        (datetime(2026, 6, 6, 16, 0, tzinfo=UTC), False),
    ],
)
def test_the_session_is_open_when_new_york_trades(at: datetime, *, expected: bool) -> None:
    assert is_open(AssetClass.EQUITY, at) is expected


def test_crypto_never_closes() -> None:
    sunday = datetime(2026, 6, 7, 3, 0, tzinfo=UTC)
    assert is_open(AssetClass.CRYPTO, sunday)
    assert next_open(AssetClass.CRYPTO, sunday) == sunday


def test_the_next_session_is_found_across_a_holiday_and_the_turn_of_the_year() -> None:
    expected = datetime(2027, 1, 4, 14, 30, tzinfo=UTC)
    assert next_open(AssetClass.OPTION, datetime(2026, 12, 31, 22, 0, tzinfo=UTC)) == expected


@pytest.mark.parametrize(
    ("asset_class", "at", "expected"),
    [
        (AssetClass.FX, datetime(2026, 11, 20, 3, tzinfo=UTC), True),
        (AssetClass.FX, datetime(2026, 11, 20, 21, 59, tzinfo=UTC), True),
        (AssetClass.FX, datetime(2026, 11, 20, 22, tzinfo=UTC), False),
        (AssetClass.FX, datetime(2026, 11, 21, 16, tzinfo=UTC), False),
        (AssetClass.FX, datetime(2026, 11, 22, 22, tzinfo=UTC), True),
        (AssetClass.FUTURE, datetime(2026, 11, 18, 21, 59, tzinfo=UTC), True),
        (AssetClass.FUTURE, datetime(2026, 11, 18, 22, 30, tzinfo=UTC), False),
        (AssetClass.FUTURE, datetime(2026, 11, 18, 23, tzinfo=UTC), True),
        (AssetClass.FUTURE, datetime(2026, 11, 22, 22, 30, tzinfo=UTC), False),
    ],
)
def test_currencies_and_futures_trade_all_week(
    asset_class: AssetClass, at: datetime, *, expected: bool
) -> None:
    assert is_open(asset_class, at) is expected
    opens = next_open(asset_class, at)
    assert is_open(asset_class, opens)
    assert (opens == at) is expected


def test_the_week_of_futures_begins_on_sunday_evening() -> None:
    friday = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    assert next_open(AssetClass.FUTURE, friday) == datetime(2026, 11, 22, 23, tzinfo=UTC)
    assert next_open(AssetClass.FX, friday) == datetime(2026, 11, 22, 22, tzinfo=UTC)
