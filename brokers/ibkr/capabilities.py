"""What Interactive Brokers can do through a Gateway.

Which order types there are of which product is the vendor's word (the order samples of its API, as
others carry them, and its API pages, read 2026-11). How long each may live is said nowhere for all
venues: the times here are the plain ones.
"""

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

_GUIDE = vendor_doc("2026-11")

_DAY_GTC = frozenset({TimeInForce.DAY, TimeInForce.GTC})
_LASTING = _DAY_GTC | {TimeInForce.GTD}
_MARKET = _DAY_GTC | {TimeInForce.IOC, TimeInForce.OPG, TimeInForce.CLS}
_LIMIT = _LASTING | {TimeInForce.IOC, TimeInForce.FOK, TimeInForce.OPG, TimeInForce.CLS}
_CONDITIONAL = {
    OrderType.STOP: _LASTING,
    OrderType.STOP_LIMIT: _LASTING,
    OrderType.TRAILING_STOP: _DAY_GTC,
    OrderType.TRAILING_STOP_LIMIT: _DAY_GTC,
    OrderType.MARKET_IF_TOUCHED: _DAY_GTC,
    OrderType.LIMIT_IF_TOUCHED: _DAY_GTC,
}
_AT_ONCE_OR_LASTING = _LASTING | {TimeInForce.IOC, TimeInForce.FOK}
_HEAD = dict.fromkeys((OrderType.MARKET, OrderType.LIMIT, *_CONDITIONAL), _DAY_GTC)
_FAMILIES = frozenset({OrderClass.SIMPLE, OrderClass.BRACKET, OrderClass.OCO, OrderClass.OTO})
_FAMILY_TYPES = {
    OrderClass.BRACKET: _HEAD,
    OrderClass.OTO: _HEAD,
    OrderClass.OCO: {OrderType.LIMIT: _DAY_GTC},
}
_DERIVATIVES = Trades(
    types={OrderType.MARKET: _DAY_GTC, OrderType.LIMIT: _AT_ONCE_OR_LASTING, **_CONDITIONAL},
    classes=_FAMILIES,
    class_types=_FAMILY_TYPES,
    short=True,
)

_TRADES = {
    AssetClass.EQUITY: Trades(
        types={OrderType.MARKET: _MARKET, OrderType.LIMIT: _LIMIT, **_CONDITIONAL},
        classes=_FAMILIES,
        class_types=_FAMILY_TYPES,
        short=True,
        extended_hours={OrderType.LIMIT: _DAY_GTC},
    ),
    AssetClass.OPTION: _DERIVATIVES,
    AssetClass.FUTURE: _DERIVATIVES,
    AssetClass.FX: _DERIVATIVES,
    AssetClass.MULTI_LEG: Trades(
        types={OrderType.MARKET: frozenset({TimeInForce.DAY}), OrderType.NET: _DAY_GTC},
        classes=frozenset({OrderClass.MULTI_LEG}),
    ),
}

CAPABILITIES = Capabilities(
    trades=_TRADES,
    preview=PreviewBy.BROKER,
    replacing=Replacing.IN_PLACE,
    # That holdings or cash moved is pushed as well, and has them asked for at once.
    pushes=frozenset({Pushed.ORDERS, Pushed.MARKS}),
    # Of all messages of one client.
    rate=Rate(calls=50, per=timedelta(seconds=1)),
    # Open orders are listed for as long as they live, others and executions until midnight: within
    # half an hour an order that was placed is all but always in one of the lists.
    find_horizon=timedelta(minutes=30),
    # Messages arrive in order and at once; what the Gateway itself may take is written nowhere.
    absence_settles=timedelta(seconds=30),
    proof={
        "trades.EQUITY": _GUIDE,
        "trades.OPTION": _GUIDE,
        "trades.FUTURE": _GUIDE,
        "trades.FX": _GUIDE,
        "trades.MULTI_LEG": _GUIDE,
        "replacing": RECORDED,
        "preview": _GUIDE,
        "pushes.ORDERS": RECORDED,
        "pushes.MARKS": _GUIDE,
        "rate": _GUIDE,
        "find_horizon": UNPROVEN,
        "absence_settles": UNPROVEN,
    },
)
