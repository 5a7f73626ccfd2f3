"""What Coinbase Advanced Trade can do, line by line with what proves it."""

from datetime import timedelta

from domain.capabilities import (
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
from domain.order import OrderType, TimeInForce

# Orders of that age are looked through for one of ours: there is no way to ask for it by our id.
FIND_HORIZON = timedelta(days=1)

_IOC = frozenset({TimeInForce.IOC})
_GTC_GTD = frozenset({TimeInForce.GTC, TimeInForce.GTD})
_TRADES = {
    AssetClass.CRYPTO: Trades(
        types={
            OrderType.MARKET: _IOC,
            OrderType.LIMIT: _GTC_GTD | _IOC | {TimeInForce.FOK},
            OrderType.STOP_LIMIT: _GTC_GTD,
        },
        fractional=True,
        notional=True,
        notional_types={OrderType.MARKET: _IOC},
    ),
}

CAPABILITIES = Capabilities(
    trades=_TRADES,
    preview=PreviewBy.BROKER,
    replacing=Replacing.IN_PLACE,
    pushes=frozenset({Pushed.ORDERS, Pushed.MARKS}),
    rate=Rate(calls=30, per=timedelta(seconds=1)),
    find_horizon=FIND_HORIZON,
    # How late a request may still be carried out is written nowhere: a guess on the safe side.
    absence_settles=timedelta(minutes=1),
    proof={
        "trades.CRYPTO": vendor_doc("2026-07"),
        "preview": vendor_doc("2026-07"),
        "replacing": vendor_doc("2026-07"),
        "pushes.ORDERS": vendor_doc("2026-07"),
        "pushes.MARKS": vendor_doc("2026-07"),
        "rate": UNPROVEN,
        "find_horizon": UNPROVEN,
        "absence_settles": UNPROVEN,
    },
)
