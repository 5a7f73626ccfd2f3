"""Alpaca's words and ours; a word that is not here is UNKNOWN or OTHER, never a guess.

Source: Alpaca's trading OpenAPI (2026-06) and its streaming guide; `pending_review` and the SSE's
`trade_bust` and `trade_correct` are in its SDKs and its Broker API only.
"""

from collections.abc import Mapping

from domain.account import AccountStatus, AccountType
from domain.instrument import AssetClass
from domain.order import (
    ExecType,
    OrderClass,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionEffect,
    TimeInForce,
)

# The status, and whether the order is at a venue: None where the status itself says it.
STATUS: Mapping[str, tuple[OrderStatus, bool | None]] = {
    "new": (OrderStatus.NEW, True),
    "accepted": (OrderStatus.NEW, False),
    "held": (OrderStatus.NEW, False),
    "pending_review": (OrderStatus.PENDING_NEW, False),
    "pending_new": (OrderStatus.PENDING_NEW, False),
    "accepted_for_bidding": (OrderStatus.ACCEPTED_FOR_BIDDING, False),
    "partially_filled": (OrderStatus.PARTIALLY_FILLED, None),
    "filled": (OrderStatus.FILLED, None),
    "done_for_day": (OrderStatus.DONE_FOR_DAY, False),
    "calculated": (OrderStatus.CALCULATED, False),
    "canceled": (OrderStatus.CANCELED, None),
    "expired": (OrderStatus.EXPIRED, None),
    "rejected": (OrderStatus.REJECTED, None),
    "replaced": (OrderStatus.REPLACED, None),
    "pending_cancel": (OrderStatus.PENDING_CANCEL, True),
    "pending_replace": (OrderStatus.PENDING_REPLACE, True),
    "stopped": (OrderStatus.STOPPED, False),
    "suspended": (OrderStatus.SUSPENDED, False),
}

EVENT: Mapping[str, ExecType] = {
    "new": ExecType.NEW,
    "accepted": ExecType.PENDING_NEW,
    "pending_new": ExecType.PENDING_NEW,
    "fill": ExecType.TRADE,
    "partial_fill": ExecType.TRADE,
    "canceled": ExecType.CANCELED,
    "expired": ExecType.EXPIRED,
    "done_for_day": ExecType.DONE_FOR_DAY,
    "replaced": ExecType.REPLACED,
    "rejected": ExecType.REJECTED,
    "stopped": ExecType.STOPPED,
    "pending_cancel": ExecType.PENDING_CANCEL,
    "pending_replace": ExecType.PENDING_REPLACE,
    "calculated": ExecType.CALCULATED,
    "suspended": ExecType.SUSPENDED,
    "restated": ExecType.RESTATED,
    "trade_bust": ExecType.TRADE_CANCEL,
    "trade_correct": ExecType.TRADE_CORRECT,
    # A refusal to cancel or to replace is no state of the order: it says how the order stands.
    "order_cancel_rejected": ExecType.ORDER_STATUS,
    "order_replace_rejected": ExecType.ORDER_STATUS,
}

SIDE: Mapping[str, OrderSide] = {
    "buy": OrderSide.BUY,
    "buy_minus": OrderSide.BUY,
    "sell": OrderSide.SELL,
    "sell_plus": OrderSide.SELL,
    "sell_short": OrderSide.SELL,
    "sell_short_exempt": OrderSide.SELL,
}

TYPE: Mapping[str, OrderType] = {
    "market": OrderType.MARKET,
    "limit": OrderType.LIMIT,
    "stop": OrderType.STOP,
    "stop_limit": OrderType.STOP_LIMIT,
    "trailing_stop": OrderType.TRAILING_STOP,
}

TIME_IN_FORCE: Mapping[str, TimeInForce] = {
    "day": TimeInForce.DAY,
    "gtc": TimeInForce.GTC,
    "opg": TimeInForce.OPG,
    "cls": TimeInForce.CLS,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
}

ORDER_CLASS: Mapping[str, OrderClass] = {
    "simple": OrderClass.SIMPLE,
    "bracket": OrderClass.BRACKET,
    "oco": OrderClass.OCO,
    "oto": OrderClass.OTO,
    "mleg": OrderClass.MULTI_LEG,
}

EFFECT: Mapping[str, PositionEffect] = {
    "buy_to_open": PositionEffect.OPEN,
    "sell_to_open": PositionEffect.OPEN,
    "buy_to_close": PositionEffect.CLOSE,
    "sell_to_close": PositionEffect.CLOSE,
}

ASSET_CLASS: Mapping[str, AssetClass] = {
    "us_equity": AssetClass.EQUITY,
    "us_option": AssetClass.OPTION,
    "crypto": AssetClass.CRYPTO,
    "crypto_perp": AssetClass.PERPETUAL,
    "treasury": AssetClass.BOND,
    "corporate": AssetClass.BOND,
    "us_index": AssetClass.INDEX,
}

ACCOUNT_STATUS: Mapping[str, AccountStatus] = {
    "ACTIVE": AccountStatus.OPEN,
    "PAPER_ONLY": AccountStatus.OPEN,
    "ACCOUNT_CLOSED": AccountStatus.CLOSED,
    "REJECTED": AccountStatus.CLOSED,
    "SUBMISSION_FAILED": AccountStatus.CLOSED,
    "INACTIVE": AccountStatus.RESTRICTED,
    "ONBOARDING": AccountStatus.RESTRICTED,
    "SUBMITTED": AccountStatus.RESTRICTED,
    "APPROVED": AccountStatus.RESTRICTED,
    "ACCOUNT_UPDATED": AccountStatus.RESTRICTED,
    "APPROVAL_PENDING": AccountStatus.RESTRICTED,
    "ACCOUNT_CLOSED_PENDING": AccountStatus.RESTRICTED,
    "ACTION_REQUIRED": AccountStatus.RESTRICTED,
    "LIMITED": AccountStatus.RESTRICTED,
}

# By `multiplier`: 1 is an account that lends nothing, 2 and 4 are Reg T and intraday margin.
ACCOUNT_TYPE: Mapping[str, AccountType] = {
    "1": AccountType.CASH,
    "2": AccountType.MARGIN,
    "4": AccountType.MARGIN,
}
