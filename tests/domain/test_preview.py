"""A preview says what is known and no more; its token is of one user, one body, one time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ErrorCode, Problem
from domain.ids import UserId
from domain.instrument import AssetClass, Instrument, option_of
from domain.order import OrderSide, OrderType, Terms, TimeInForce
from domain.preview import Preview, PreviewSource, check_token, estimate, token

NOW = datetime(2026, 7, 1, 14, tzinfo=UTC)
ME = UserId("me")
AAPL = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")
BUY = Terms(
    side=OrderSide.BUY, type=OrderType.MARKET, time_in_force=TimeInForce.DAY, quantity=Decimal(10)
)
SELL = replace(BUY, side=OrderSide.SELL)


def _estimate(terms: Terms, *, mark: Decimal | None = Decimal(100), held: int = 0) -> Preview:
    return estimate(
        AAPL, terms, mark=mark, mark_as_of=NOW, buying_power=Decimal(900), held=Decimal(held)
    )


def test_a_purchase_costs_money_and_leaves_a_position() -> None:
    seen = _estimate(BUY)
    assert seen.source is PreviewSource.ESTIMATED
    assert (seen.cost, seen.position_after) == (Decimal(1000), Decimal(10))
    assert seen.buying_power_after == -100
    assert "it costs more than the buying power last reported" in seen.warnings


def test_a_sale_brings_money_and_warns_when_it_turns_the_position() -> None:
    seen = _estimate(SELL, held=4)
    assert (seen.cost, seen.position_after) == (Decimal(-1000), Decimal(-6))
    assert seen.buying_power_after == 900
    assert "it turns the position around" in seen.warnings
    assert "it opens a short position" in _estimate(SELL).warnings


def test_without_a_price_it_is_unavailable_and_never_zero() -> None:
    seen = _estimate(BUY, mark=None)
    assert (seen.source, seen.cost, seen.buying_power_after) == (
        PreviewSource.UNAVAILABLE,
        None,
        None,
    )


def test_an_option_costs_its_multiplier() -> None:
    option = option_of("AAPL260717C00250000")
    assert option
    seen = estimate(
        option, BUY, mark=Decimal("2.5"), mark_as_of=NOW, buying_power=None, held=Decimal(0)
    )
    assert (seen.cost, seen.buying_power_after) == (Decimal(2500), None)


def test_a_token_is_good_for_its_body_its_user_and_its_time() -> None:
    mine = token(b"secret", ME, "body", NOW + timedelta(minutes=1))
    check_token(b"secret", ME, "body", mine, NOW)
    for user, body, secret in (
        (UserId("you"), "body", b"secret"),
        (ME, "other", b"secret"),
        (ME, "body", b"another"),
    ):
        with pytest.raises(Problem) as raised:
            check_token(secret, user, body, mine, NOW)
        assert raised.value.code is ErrorCode.PREVIEW_MISMATCH
    with pytest.raises(Problem) as raised:
        check_token(b"secret", ME, "body", mine, NOW + timedelta(minutes=2))
    assert raised.value.code is ErrorCode.PREVIEW_EXPIRED


@given(st.text(max_size=100))
def test_no_text_but_the_token_passes(text: str) -> None:
    with pytest.raises(Problem) as raised:
        check_token(b"secret", ME, "body", text, NOW)
    assert raised.value.code is ErrorCode.PREVIEW_MISMATCH
