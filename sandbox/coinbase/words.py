"""Coinbase's words for what the exchange says in FIX's."""

from datetime import UTC, datetime
from decimal import Decimal

from sandbox.instruments import Instrument, Kind
from sandbox.json_text import plain
from sandbox.market import Market
from sandbox.orders import Order, OrdStatus, OrdType, Side, TimeInForce

STATUS = {
    OrdStatus.PENDING_NEW: "PENDING",
    OrdStatus.NEW: "OPEN",
    OrdStatus.PARTIALLY_FILLED: "OPEN",
    OrdStatus.FILLED: "FILLED",
    OrdStatus.CANCELED: "CANCELLED",
    OrdStatus.REPLACED: "CANCELLED",
    OrdStatus.PENDING_CANCEL: "CANCEL_QUEUED",
    OrdStatus.PENDING_REPLACE: "EDIT_QUEUED",
    OrdStatus.REJECTED: "FAILED",
    OrdStatus.EXPIRED: "EXPIRED",
    OrdStatus.SUSPENDED: "QUEUED",
}
TYPE = {OrdType.MARKET: "MARKET", OrdType.LIMIT: "LIMIT", OrdType.STOP_LIMIT: "STOP_LIMIT"}
STREAMED_TYPE = {
    OrdType.MARKET: "Market",
    OrdType.LIMIT: "Limit",
    OrdType.STOP_LIMIT: "Stop Limit",
}
TIME_IN_FORCE = {
    TimeInForce.GOOD_TILL_CANCEL: "GOOD_UNTIL_CANCELLED",
    TimeInForce.GOOD_TILL_DATE: "GOOD_UNTIL_DATE_TIME",
    TimeInForce.IMMEDIATE_OR_CANCEL: "IMMEDIATE_OR_CANCEL",
    TimeInForce.FILL_OR_KILL: "FILL_OR_KILL",
}
STOP_DIRECTION = {Side.BUY: "STOP_DIRECTION_STOP_UP", Side.SELL: "STOP_DIRECTION_STOP_DOWN"}
CONFIGURATION = {
    (OrdType.MARKET, TimeInForce.IMMEDIATE_OR_CANCEL): "market_market_ioc",
    (OrdType.LIMIT, TimeInForce.IMMEDIATE_OR_CANCEL): "sor_limit_ioc",
    (OrdType.LIMIT, TimeInForce.GOOD_TILL_CANCEL): "limit_limit_gtc",
    (OrdType.LIMIT, TimeInForce.GOOD_TILL_DATE): "limit_limit_gtd",
    (OrdType.LIMIT, TimeInForce.FILL_OR_KILL): "limit_limit_fok",
    (OrdType.STOP_LIMIT, TimeInForce.GOOD_TILL_CANCEL): "stop_limit_stop_limit_gtc",
    (OrdType.STOP_LIMIT, TimeInForce.GOOD_TILL_DATE): "stop_limit_stop_limit_gtd",
}
NEVER = "0001-01-01T00:00:00Z"


def product_id(symbol: str) -> str:
    """BTC-USD for BTC/USD."""
    return symbol.replace("/", "-")


def symbol_of(product: str) -> str:
    """BTC/USD for BTC-USD."""
    return product.replace("-", "/")


def listed(market: Market) -> list[Instrument]:
    """What Coinbase trades of it."""
    return [one for one in market.instruments.values() if one.kind is Kind.CRYPTO]


def number(value: Decimal | None) -> str:
    """An amount; "0" where there is none."""
    return plain(value) if value is not None else "0"


def worked_out(value: Decimal | None) -> str:
    """An amount that was divided, with sixteen decimals at most."""
    return number(None if value is None else round(value, 16))


def money(value: Decimal, currency: str = "USD") -> dict[str, str]:
    """An amount with its currency."""
    return {"value": plain(value), "currency": currency}


def moment(at: datetime | None) -> str:
    """RFC 3339 with microseconds; the zero time of Go where there is none."""
    return NEVER if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def trigger(order: Order) -> str:
    """How a stop stands."""
    if order.ticket.type is not OrdType.STOP_LIMIT:
        return "INVALID_ORDER_TYPE"
    return "STOP_TRIGGERED" if order.triggered else "STOP_PENDING"
