"""What E*TRADE can do, from its API documentation (v1) as of 2026-11."""

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

_DOCS = vendor_doc("2026-11")
_DAY = frozenset({TimeInForce.DAY})
_DAY_GTC = frozenset({TimeInForce.DAY, TimeInForce.GTC})
# "Immediate or cancel" and "fill or kill" are for limit orders only.
_LIMIT = _DAY_GTC | {TimeInForce.IOC, TimeInForce.FOK}
_AUCTIONS = frozenset({TimeInForce.OPG, TimeInForce.CLS})

_TRADES = {
    AssetClass.EQUITY: Trades(
        types={
            OrderType.MARKET: _DAY | _AUCTIONS,
            OrderType.LIMIT: _LIMIT | _AUCTIONS,
            OrderType.STOP: _DAY_GTC,
            OrderType.STOP_LIMIT: _DAY_GTC,
            OrderType.TRAILING_STOP: _DAY_GTC,
        },
        short=True,
        extended_hours={OrderType.LIMIT: _DAY},
    ),
    AssetClass.OPTION: Trades(
        types={
            OrderType.MARKET: _DAY,
            OrderType.LIMIT: _LIMIT,
            OrderType.STOP: _DAY_GTC,
            OrderType.STOP_LIMIT: _DAY_GTC,
        }
    ),
    AssetClass.MULTI_LEG: Trades(
        types={OrderType.NET: _DAY_GTC}, classes=frozenset({OrderClass.MULTI_LEG})
    ),
    AssetClass.MUTUAL_FUND: Trades(types={OrderType.MARKET: _DAY}, fractional=True, notional=True),
}

CAPABILITIES = Capabilities(
    trades=_TRADES,
    preview=PreviewBy.BROKER,
    replacing=Replacing.NEW_ID,
    pushes=frozenset({Pushed.MARKS}),
    # The strictest that is published: two a second for accounts, two for orders and four for quotes
    # (developer pages of the API before this one). A look asks for as much of the first two.
    rate=Rate(calls=240, per=timedelta(minutes=1)),
    poll_every=timedelta(minutes=15),
    sync_every=timedelta(minutes=15),
    market_hours_only=True,
    asks_for_prices=True,
    tells_our_ids=False,
    # As long as an order is listed without asking for more than the last day.
    find_horizon=timedelta(days=1),
    # Our id is never told back, so that an order is not found proves nothing.
    absence_settles=None,
    proof={
        "trades.EQUITY": _DOCS,
        "trades.EQUITY.short": _DOCS,
        "trades.OPTION": _DOCS,
        "trades.MULTI_LEG": _DOCS,
        "trades.MUTUAL_FUND": UNPROVEN,
        "preview": RECORDED,
        "replacing": _DOCS,
        "pushes.MARKS": UNPROVEN,
        "rate": vendor_doc("2018"),
        "find_horizon": UNPROVEN,
        "absence_settles": UNPROVEN,
    },
)
