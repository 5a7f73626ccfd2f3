"""What a holding is worth, and when that is not known."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.account import mask
from domain.holding import Holding, Mark, MarkSource, Side, gone, value
from domain.instrument import AssetClass, Instrument, option_of
from domain.money import EXACT, times

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SHARE = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")
AMOUNTS = st.decimals("-1e12", "1e12", places=9)
PRICES = st.decimals("0", "1e9", places=9)


def held(quantity: Decimal, instrument: Instrument = SHARE, cost: Decimal | None = None) -> Holding:
    """So many of it."""
    return Holding(instrument=instrument, quantity=quantity, currency="USD", cost_basis=cost)


def marked(price: Decimal, *, currency: str = "USD", close: Decimal | None = None) -> Mark:
    """A price."""
    return Mark(
        instrument_id=SHARE.id,
        price=price,
        currency=currency,
        as_of=NOW,
        source=MarkSource.STREAM,
        previous_close=close,
    )


@given(AMOUNTS, PRICES, PRICES, AMOUNTS)
def test_worth_gain_and_day_change_are_exact(
    quantity: Decimal, price: Decimal, close: Decimal, cost: Decimal
) -> None:
    worth = value(held(quantity, cost=cost), marked(price, close=close))
    assert worth is not None
    assert worth.market_value == times(quantity, price)
    assert worth.unrealized_pnl == EXACT.subtract(times(quantity, price), cost)
    assert worth.day_change == times(quantity, EXACT.subtract(price, close))


def test_an_option_is_worth_its_multiplier_times_its_price() -> None:
    option = option_of("AAPL260619C00200000")
    assert option is not None
    worth = value(held(Decimal(-2), option, Decimal(-500)), marked(Decimal("3.1")))
    assert worth is not None
    assert worth.market_value == Decimal(-620)
    assert worth.unrealized_pnl == Decimal(-120)


def test_what_is_not_known_is_none_and_never_zero() -> None:
    assert value(held(Decimal(1)), None) is None
    assert value(held(Decimal(1)), marked(Decimal(1), currency="EUR")) is None
    worth = value(held(Decimal(1)), marked(Decimal(1)))
    assert worth is not None
    assert (worth.unrealized_pnl, worth.day_change, worth.base_value) == (None, None, None)


def test_a_foreign_holding_is_worth_its_rate_in_the_base_currency() -> None:
    worth = value(held(Decimal(3)), marked(Decimal(2)), Decimal("0.9"))
    assert worth is not None
    assert worth.base_value == Decimal("5.4")


def test_a_holding_faces_one_way_and_its_end_is_flat() -> None:
    assert held(Decimal(1)).side is Side.LONG
    assert held(Decimal("-0.1")).side is Side.SHORT
    ended = gone(held(Decimal(5), cost=Decimal(9)))
    assert ended.side is Side.FLAT
    assert ended.quantity == 0
    assert ended.cost_basis is None
    assert ended.instrument == SHARE


@given(st.text(max_size=20))
def test_a_masked_number_shows_four_characters_and_never_more_than_half(number: str) -> None:
    shown = mask(number).removeprefix("•••")
    assert len(shown) <= 4
    assert len(shown) * 2 <= len(number)
    assert number.endswith(shown)
