"""Every rule refuses with its own code, limit and actual value, and no way round it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.errors import ErrorCode
from domain.ids import InstrumentId
from domain.instrument import AssetClass, Instrument, option_of
from domain.order import OrderSide, OrderType, Terms, TimeInForce
from domain.risk import (
    Denial,
    Exposure,
    Held,
    Limits,
    TradingScope,
    parts,
)
from domain.rules import denials

AAPL = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")
BUY_10 = Terms(
    side=OrderSide.BUY, type=OrderType.MARKET, time_in_force=TimeInForce.DAY, quantity=Decimal(10)
)
SELL_10 = replace(BUY_10, side=OrderSide.SELL)
LIMIT_106 = replace(BUY_10, type=OrderType.LIMIT, limit_price=Decimal(106))
MARKS: Mapping[InstrumentId, Decimal] = {AAPL.held_as: Decimal(100)}
FINE = Exposure(
    marks=MARKS,
    notional=Decimal(1000),
    equity=Decimal(10_000),
    opening_equity=Decimal(10_500),
)


def _denials(
    limits: Limits,
    terms: Terms = BUY_10,
    exposure: Exposure = FINE,
    instrument: Instrument = AAPL,
) -> tuple[Denial, ...]:
    trades = parts(instrument, terms, ())
    return denials(trades, terms, exposure, limits, TradingScope.ACCOUNT)


def _held(quantity: int, *, buying: int = 0, selling: int = 0) -> dict[InstrumentId, Held]:
    held = Held(quantity=Decimal(quantity), buying=Decimal(buying), selling=Decimal(selling))
    return {AAPL.held_as: held}


RULES = [
    (ErrorCode.RISK_ORDER_QUANTITY, Limits(order_quantity=Decimal(9)), FINE, BUY_10, "9", "10"),
    (
        ErrorCode.RISK_ORDER_NOTIONAL,
        Limits(order_notional=Decimal(999)),
        FINE,
        BUY_10,
        "999",
        "1000",
    ),
    (ErrorCode.RISK_ORDER_EQUITY, Limits(order_equity_percent=Decimal(9)), FINE, BUY_10, "9", "10"),
    (
        ErrorCode.RISK_POSITION_QUANTITY,
        Limits(position_quantity=Decimal(24)),
        replace(FINE, held=_held(10, buying=5)),
        BUY_10,
        "24",
        "25",
    ),
    (
        ErrorCode.RISK_POSITION_NOTIONAL,
        Limits(position_notional=Decimal(2499)),
        replace(FINE, held=_held(10, buying=5)),
        BUY_10,
        "2499",
        "2500",
    ),
    (
        ErrorCode.RISK_POSITION_EQUITY,
        Limits(position_equity_percent=Decimal(24)),
        replace(FINE, held=_held(10, buying=5)),
        BUY_10,
        "24",
        "25",
    ),
    (
        ErrorCode.RISK_ORDER_RATE,
        Limits(orders_per_minute=3),
        replace(FINE, orders_last_minute=3),
        BUY_10,
        "3",
        "4",
    ),
    (
        ErrorCode.RISK_DAILY_NOTIONAL,
        Limits(daily_notional=Decimal(2999)),
        replace(FINE, notional_today=Decimal(2000)),
        BUY_10,
        "2999",
        "3000",
    ),
    (ErrorCode.RISK_DAILY_LOSS, Limits(daily_loss=Decimal(499)), FINE, BUY_10, "499", "500"),
    (
        ErrorCode.RISK_PRICE_COLLAR,
        Limits(price_collar_percent=Decimal(5)),
        FINE,
        LIMIT_106,
        "5",
        "6",
    ),
    (
        ErrorCode.RISK_SYMBOL,
        Limits(blocked_symbols=frozenset({"AAPL"})),
        FINE,
        BUY_10,
        "blocked",
        "AAPL",
    ),
    (
        ErrorCode.RISK_SYMBOL,
        Limits(allowed_symbols=frozenset({"MSFT", "SPY"})),
        FINE,
        BUY_10,
        "MSFT, SPY",
        "AAPL",
    ),
    (
        ErrorCode.RISK_DUPLICATE,
        Limits(duplicate_window=timedelta(seconds=5)),
        replace(FINE, since_same=timedelta(seconds=4)),
        BUY_10,
        "not again within 0:00:05",
        "the same 0:00:04 ago",
    ),
    (
        ErrorCode.RISK_MARKET_HOURS,
        Limits(market_hours_only=True),
        replace(FINE, market_open=False),
        BUY_10,
        "the regular session",
        "closed",
    ),
    (
        ErrorCode.RISK_UNPRICED,
        Limits(order_notional=Decimal(999)),
        replace(FINE, notional=None),
        BUY_10,
        "a price in USD",
        "none is known",
    ),
]


@pytest.mark.parametrize(("code", "limits", "exposure", "terms", "limit", "actual"), RULES)
def test_a_rule_refuses_with_its_own_code_limit_and_actual_value(
    code: ErrorCode, limits: Limits, exposure: Exposure, terms: Terms, limit: str, actual: str
) -> None:
    (denial,) = _denials(limits, terms, exposure)
    assert (denial.code, denial.limit, denial.actual) == (code, limit, actual)
    assert limit in denial.message
    assert actual in denial.message


def test_every_risk_code_has_a_rule_that_gives_it() -> None:
    codes = {code for code in ErrorCode if code.value.startswith("RISK_")}
    assert codes == {rule[0] for rule in RULES}


def test_what_is_exactly_at_the_limit_passes() -> None:
    limits = Limits(
        order_quantity=Decimal(10),
        order_notional=Decimal(1000),
        order_equity_percent=Decimal(10),
        position_quantity=Decimal(25),
        position_notional=Decimal(2500),
        position_equity_percent=Decimal(25),
        orders_per_minute=4,
        daily_notional=Decimal(3000),
        daily_loss=Decimal(500),
        price_collar_percent=Decimal(6),
        duplicate_window=timedelta(seconds=4),
    )
    exposure = replace(
        FINE,
        held=_held(10, buying=5),
        orders_last_minute=3,
        notional_today=Decimal(2000),
        since_same=timedelta(seconds=4),
    )
    assert _denials(limits, LIMIT_106, exposure) == ()


def test_an_exit_is_spared_the_rules_that_would_keep_a_person_in() -> None:
    limits = Limits(
        position_quantity=Decimal(1),
        daily_loss=Decimal(1),
        blocked_symbols=frozenset({"AAPL"}),
    )
    exposure = replace(FINE, held=_held(10))
    assert _denials(limits, SELL_10, exposure) == ()
    assert {d.code for d in _denials(limits, replace(SELL_10, quantity=Decimal(12)), exposure)} == {
        ErrorCode.RISK_POSITION_QUANTITY,
        ErrorCode.RISK_DAILY_LOSS,
        ErrorCode.RISK_SYMBOL,
    }


def test_a_limit_in_money_lets_no_other_currency_slip_past() -> None:
    foreign = replace(AAPL, currency="EUR", mic="XETR")
    found = _denials(Limits(order_notional=Decimal(10**9)), instrument=foreign)
    assert [denial.code for denial in found] == [ErrorCode.RISK_UNPRICED]


@pytest.mark.parametrize(
    ("instrument", "name"),
    [
        (Instrument(asset_class=AssetClass.CRYPTO, symbol="BTC/USD", currency="USD"), "BTC"),
        (Instrument(asset_class=AssetClass.CRYPTO, symbol="BTC/USD", currency="USD"), "BTC/USD"),
        (option_of("AAPL260717C00250000"), "AAPL"),
        (option_of("AAPL260717C00250000"), "AAPL260717C00250000"),
        (option_of("AAPL260717C00250000"), "AAPL 260717C00250000"),
        (AAPL, "EQUITY:AAPL:USD"),
        (AAPL, "aapl"),
        (AAPL, " AAPL "),
        (replace(AAPL, symbol="BRK.B"), "BRK/B"),
        (replace(AAPL, symbol="BRK.B"), "brk b"),
        (replace(AAPL, symbol="BRK B"), "BRK-B"),
    ],
)
def test_a_blocked_symbol_has_no_alias(instrument: Instrument, name: str) -> None:
    found = _denials(Limits(blocked_symbols=frozenset({name})), instrument=instrument)
    assert [denial.code for denial in found] == [ErrorCode.RISK_SYMBOL]
    # And who allows it by that name does allow it.
    assert _denials(Limits(allowed_symbols=frozenset({name})), instrument=instrument) == ()


def test_an_order_for_money_is_measured_in_units_too() -> None:
    money = replace(BUY_10, quantity=None, notional=Decimal(1001))
    exposure = replace(FINE, notional=Decimal(1001))
    limits = Limits(order_quantity=Decimal(10), position_quantity=Decimal(10))
    assert {d.code for d in _denials(limits, money, exposure)} == {
        ErrorCode.RISK_ORDER_QUANTITY,
        ErrorCode.RISK_POSITION_QUANTITY,
    }


def test_a_collar_looks_at_the_harmful_side_only() -> None:
    limits = Limits(price_collar_percent=Decimal(5))
    assert _denials(limits, replace(LIMIT_106, limit_price=Decimal(50))) == ()
    assert _denials(limits, replace(LIMIT_106, side=OrderSide.SELL)) == ()
    below = replace(LIMIT_106, side=OrderSide.SELL, limit_price=Decimal(94))
    assert [d.actual for d in _denials(limits, below)] == ["6"]
    assert [d.code for d in _denials(limits, LIMIT_106, replace(FINE, marks={}))] == [
        ErrorCode.RISK_UNPRICED
    ]
