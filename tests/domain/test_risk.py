"""What reduces a holding never crosses zero; what trading states hold back."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ErrorCode
from domain.instrument import AssetClass, Instrument, option_of
from domain.order import Leg, OrderSide, OrderType, Terms, TimeInForce
from domain.risk import (
    Held,
    TradingScope,
    TradingState,
    closable,
    held_back,
    parts,
    reduces,
    worth,
)

AAPL = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")
BUY_10 = Terms(
    side=OrderSide.BUY, type=OrderType.MARKET, time_in_force=TimeInForce.DAY, quantity=Decimal(10)
)
LIMIT_106 = replace(BUY_10, type=OrderType.LIMIT, limit_price=Decimal(106))
UNITS = st.decimals(-1000, 1000, places=3)
SIZE = st.decimals(0, 1000, places=3)


@given(UNITS, SIZE, SIZE, SIZE, st.sampled_from(OrderSide))
def test_what_reduces_never_crosses_zero_whatever_else_fills(
    quantity: Decimal, buying: Decimal, selling: Decimal, size: Decimal, side: OrderSide
) -> None:
    held = Held(quantity=quantity, buying=buying, selling=selling)
    terms = replace(BUY_10, side=side, quantity=size)
    if not size or not reduces(parts(AAPL, terms, ()), {AAPL.held_as: held}):
        return
    reserved = selling if side is OrderSide.SELL else buying
    sign = -1 if side is OrderSide.SELL else 1
    after = quantity + sign * (size + reserved)
    assert after * quantity >= 0
    assert abs(after) < abs(quantity)


@given(UNITS, st.sampled_from(OrderSide))
def test_two_full_size_closes_never_both_reduce(quantity: Decimal, side: OrderSide) -> None:
    size = closable(Held(quantity=quantity), side)
    selling = side is OrderSide.SELL
    taken = Held(
        quantity=quantity,
        buying=Decimal(0) if selling else size,
        selling=size if selling else Decimal(0),
    )
    assert closable(taken, side) == 0


def test_reducing_lets_only_exits_through_and_halted_nothing() -> None:
    def code(state: TradingState, *, reducing: bool) -> ErrorCode | None:
        denial = held_back(state, TradingScope.USER, reducing=reducing)
        return denial.code if denial else None

    assert code(TradingState.ACTIVE, reducing=False) is None
    assert code(TradingState.REDUCING, reducing=True) is None
    assert code(TradingState.REDUCING, reducing=False) is ErrorCode.TRADING_REDUCING
    assert code(TradingState.HALTED, reducing=True) is ErrorCode.TRADING_HALTED
    assert code(TradingState.HALTED, reducing=False) is ErrorCode.TRADING_HALTED


def test_a_multi_leg_order_reduces_only_if_every_leg_does() -> None:
    call, put = option_of("AAPL260717C00250000"), option_of("AAPL260717P00250000")
    assert call
    assert put
    legs = (
        Leg(instrument=call, side=OrderSide.SELL),
        Leg(instrument=put, side=OrderSide.SELL, ratio=Decimal(2)),
    )
    trades = parts(AAPL, replace(BUY_10, quantity=Decimal(1)), legs)
    enough = {call.held_as: Held(quantity=Decimal(1)), put.held_as: Held(quantity=Decimal(2))}
    assert reduces(trades, enough)
    assert not reduces(trades, enough | {put.held_as: Held(quantity=Decimal(1))})


def test_an_order_is_worth_its_dearest_known_price() -> None:
    option = option_of("AAPL260717C00250000")
    assert option
    assert worth(AAPL, LIMIT_106, Decimal(100)) == Decimal(1060)
    assert worth(AAPL, BUY_10, Decimal(100)) == Decimal(1000)
    assert worth(option, BUY_10, Decimal("2.5")) == Decimal(2500)
    assert worth(AAPL, BUY_10, None) is None
