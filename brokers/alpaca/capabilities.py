"""What Alpaca can do, from its trading OpenAPI as of 2026-06 and its changelog."""

from datetime import timedelta

from domain.capabilities import (
    RECORDED,
    UNPROVEN,
    Capabilities,
    PreviewBy,
    Pushed,
    Rate,
    Replacing,
    Trades,
    vendor_doc,
)
from domain.instrument import AssetClass
from domain.order import OrderClass, OrderType, TimeInForce

_OPENAPI = vendor_doc("2026-06")
# The changelog of the vendor's documentation; the OpenAPI still says market orders only.
_FRACTIONS = vendor_doc("2026-11")
_DAY = frozenset({TimeInForce.DAY})
_DAY_GTC = frozenset({TimeInForce.DAY, TimeInForce.GTC})
_GTC_IOC = frozenset({TimeInForce.GTC, TimeInForce.IOC})
_EQUITY = frozenset(
    {
        TimeInForce.DAY,
        TimeInForce.GTC,
        TimeInForce.OPG,
        TimeInForce.CLS,
        TimeInForce.IOC,
        TimeInForce.FOK,
    }
)

_ONCE_FILLED = {OrderType.MARKET: _DAY_GTC, OrderType.LIMIT: _DAY_GTC}
_BROKEN = {
    OrderType.MARKET: _DAY,
    OrderType.LIMIT: _DAY,
    OrderType.STOP: _DAY,
    OrderType.STOP_LIMIT: _DAY,
}

_TRADES = {
    AssetClass.EQUITY: Trades(
        types={
            OrderType.MARKET: _EQUITY,
            OrderType.LIMIT: _EQUITY,
            OrderType.STOP: _DAY_GTC,
            OrderType.STOP_LIMIT: _DAY_GTC,
            OrderType.TRAILING_STOP: _DAY_GTC,
        },
        classes=frozenset({OrderClass.SIMPLE, OrderClass.BRACKET, OrderClass.OCO, OrderClass.OTO}),
        class_types={
            OrderClass.BRACKET: _ONCE_FILLED,
            OrderClass.OTO: _ONCE_FILLED,
            OrderClass.OCO: {OrderType.LIMIT: _DAY_GTC},
        },
        fractional=True,
        fractional_types=_BROKEN,
        notional=True,
        notional_types=_BROKEN,
        short=True,
        extended_hours={OrderType.LIMIT: _DAY_GTC},
    ),
    AssetClass.OPTION: Trades(types={OrderType.MARKET: _DAY, OrderType.LIMIT: _DAY}),
    AssetClass.MULTI_LEG: Trades(
        types={OrderType.MARKET: _DAY, OrderType.NET: _DAY},
        classes=frozenset({OrderClass.MULTI_LEG}),
    ),
    AssetClass.CRYPTO: Trades(
        types={
            OrderType.MARKET: _GTC_IOC,
            OrderType.LIMIT: _GTC_IOC,
            OrderType.STOP_LIMIT: _GTC_IOC,
        },
        fractional=True,
        notional=True,
    ),
}

CAPABILITIES = Capabilities(
    trades=_TRADES,
    preview=PreviewBy.ESTIMATED,
    replacing=Replacing.NEW_ID,
    pushes=frozenset({Pushed.ORDERS, Pushed.MARKS}),
    rate=Rate(calls=200, per=timedelta(minutes=1)),
    # A client order id is unique for ever, so an order can be looked up by it for ever.
    find_horizon=None,
    # A request is answered within seconds or not at all; how late one may still be carried out is
    # not written anywhere, so this is a guess on the safe side, and a late order raises an alarm.
    absence_settles=timedelta(seconds=30),
    proof={
        "trades.EQUITY": _OPENAPI,
        "trades.EQUITY.fractional": _FRACTIONS,
        "trades.EQUITY.notional": _FRACTIONS,
        "trades.EQUITY.extended_hours.fractional": UNPROVEN,
        "trades.EQUITY.extended_hours.notional": UNPROVEN,
        "trades.OPTION": _OPENAPI,
        "trades.MULTI_LEG": _OPENAPI,
        "trades.CRYPTO": _OPENAPI,
        "replacing": _OPENAPI,
        "pushes.ORDERS": RECORDED,
        "pushes.MARKS": _OPENAPI,
        "rate": _OPENAPI,
        "find_horizon": UNPROVEN,
        "absence_settles": UNPROVEN,
    },
)
