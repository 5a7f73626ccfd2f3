"""Coinbase's words and ours; a word that is not here is UNKNOWN or OTHER, never a guess.

Source: the vendor's documentation, 2026-07, and recorded bodies.
"""

from collections.abc import Mapping

from domain.order import OrderSide, OrderStatus, OrderType, TimeInForce

# The status, and whether the order is at the venue: None where the status itself says it.
STATUS: Mapping[str, tuple[OrderStatus, bool | None]] = {
    "PENDING": (OrderStatus.NEW, False),
    "QUEUED": (OrderStatus.NEW, False),
    "OPEN": (OrderStatus.NEW, True),
    "FILLED": (OrderStatus.FILLED, None),
    "CANCELLED": (OrderStatus.CANCELED, None),
    "EXPIRED": (OrderStatus.EXPIRED, None),
    "FAILED": (OrderStatus.REJECTED, None),
    "CANCEL_QUEUED": (OrderStatus.PENDING_CANCEL, True),
    "EDIT_QUEUED": (OrderStatus.PENDING_REPLACE, True),
}

SIDE: Mapping[str, OrderSide] = {"BUY": OrderSide.BUY, "SELL": OrderSide.SELL}

TYPE: Mapping[str, OrderType] = {
    "MARKET": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "STOP": OrderType.STOP,
    "STOP_LIMIT": OrderType.STOP_LIMIT,
}

TIME_IN_FORCE: Mapping[str, TimeInForce] = {
    "GOOD_UNTIL_CANCELLED": TimeInForce.GTC,
    "GOOD_UNTIL_DATE_TIME": TimeInForce.GTD,
    "IMMEDIATE_OR_CANCEL": TimeInForce.IOC,
    "FILL_OR_KILL": TimeInForce.FOK,
}

# Type and life of each `order_configuration`, the first of a kind being how we write it.
CONFIGURATION: Mapping[str, tuple[OrderType, TimeInForce]] = {
    "market_market_ioc": (OrderType.MARKET, TimeInForce.IOC),
    "market_market_fok": (OrderType.MARKET, TimeInForce.FOK),
    "sor_limit_ioc": (OrderType.LIMIT, TimeInForce.IOC),
    "limit_limit_gtc": (OrderType.LIMIT, TimeInForce.GTC),
    "limit_limit_gtd": (OrderType.LIMIT, TimeInForce.GTD),
    "limit_limit_fok": (OrderType.LIMIT, TimeInForce.FOK),
    "stop_limit_stop_limit_gtc": (OrderType.STOP_LIMIT, TimeInForce.GTC),
    "stop_limit_stop_limit_gtd": (OrderType.STOP_LIMIT, TimeInForce.GTD),
    "trigger_bracket_gtc": (OrderType.LIMIT, TimeInForce.GTC),
    "trigger_bracket_gtd": (OrderType.LIMIT, TimeInForce.GTD),
    "twap_limit_gtd": (OrderType.OTHER, TimeInForce.GTD),
    "scaled_limit_gtc": (OrderType.OTHER, TimeInForce.GTC),
}
BRACKETS = frozenset({"trigger_bracket_gtc", "trigger_bracket_gtd"})

# Which way the price has to go for a stop to work.
STOP_DIRECTION: Mapping[OrderSide, str] = {
    OrderSide.BUY: "STOP_DIRECTION_STOP_UP",
    OrderSide.SELL: "STOP_DIRECTION_STOP_DOWN",
}
