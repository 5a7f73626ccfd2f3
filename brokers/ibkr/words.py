"""Interactive Brokers' words for orders and ours."""

from collections.abc import Mapping

from brokers.ibkr import said
from domain.order import OrderSide, OrderStatus, OrderType, TimeInForce

SIDE: Mapping[str, OrderSide] = {
    "BUY": OrderSide.BUY,
    "BOT": OrderSide.BUY,
    "SELL": OrderSide.SELL,
    "SSHORT": OrderSide.SELL,
    "SLD": OrderSide.SELL,
}

TYPE: Mapping[str, OrderType] = {
    "MKT": OrderType.MARKET,
    "MOC": OrderType.MARKET,
    "LMT": OrderType.LIMIT,
    "LOC": OrderType.LIMIT,
    "STP": OrderType.STOP,
    "STP LMT": OrderType.STOP_LIMIT,
    "TRAIL": OrderType.TRAILING_STOP,
    "TRAIL LIMIT": OrderType.TRAILING_STOP_LIMIT,
    "MIT": OrderType.MARKET_IF_TOUCHED,
    "LIT": OrderType.LIMIT_IF_TOUCHED,
}
TYPE_WORDS = {
    OrderType.MARKET: "MKT",
    OrderType.LIMIT: "LMT",
    OrderType.NET: "LMT",
    OrderType.STOP: "STP",
    OrderType.STOP_LIMIT: "STP LMT",
    OrderType.TRAILING_STOP: "TRAIL",
    OrderType.TRAILING_STOP_LIMIT: "TRAIL LIMIT",
    OrderType.MARKET_IF_TOUCHED: "MIT",
    OrderType.LIMIT_IF_TOUCHED: "LIT",
}
# To trade at the close is a type of its own there.
AT_CLOSE = {OrderType.MARKET: "MOC", OrderType.LIMIT: "LOC"}
CLOSING = frozenset(AT_CLOSE.values())

TIME: Mapping[str, TimeInForce] = {
    "DAY": TimeInForce.DAY,
    "GTC": TimeInForce.GTC,
    "GTD": TimeInForce.GTD,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "OPG": TimeInForce.OPG,
}
_AT_ONCE = frozenset({"IOC", "FOK"})

_STATUS: Mapping[str, tuple[OrderStatus, bool | None]] = {
    "ApiPending": (OrderStatus.PENDING_NEW, False),
    "PendingSubmit": (OrderStatus.PENDING_NEW, False),
    "PreSubmitted": (OrderStatus.NEW, False),
    "Submitted": (OrderStatus.NEW, True),
    "PendingCancel": (OrderStatus.PENDING_CANCEL, True),
    "Cancelled": (OrderStatus.CANCELED, False),
    "ApiCancelled": (OrderStatus.CANCELED, False),
    "Filled": (OrderStatus.FILLED, False),
}
# Not yet the Gateway's last word on a new order.
UNDECIDED = frozenset({"ApiPending", "PendingSubmit", "Inactive"})
CANCELING = frozenset({"PendingCancel", "Cancelled", "ApiCancelled"})


def status_of(
    raw: str, order: said.Order, why_held: str = "", *, rejected: bool = False
) -> tuple[OrderStatus, bool | None]:
    """What a status word means, and whether the order can be met at the venue.

    `Inactive` is a refusal if one was told of it, the end of an order that had to fill at once
    (recorded, 2026-04), and else something that is held up, which is not an end.
    """
    if raw == "Inactive":
        if rejected:
            return OrderStatus.REJECTED, False
        if order.tif in _AT_ONCE and not why_held:
            return OrderStatus.CANCELED, False
        return OrderStatus.SUSPENDED, False
    if rejected and raw in {"Cancelled", "ApiCancelled", ""}:
        return OrderStatus.REJECTED, False
    return _STATUS.get(raw, (OrderStatus.UNKNOWN, None))


def completed_status(order: said.CompletedOrder) -> OrderStatus:
    """How an order ended, in the words of the list of completed ones."""
    words = order.completed_status.lower()
    if order.status == "Filled" or words.startswith("filled"):
        return OrderStatus.FILLED
    if "expired" in words:
        return OrderStatus.EXPIRED
    if "reject" in words:
        return OrderStatus.REJECTED
    status, _ = status_of(order.status, order.order, rejected=order.status == "Inactive")
    return status
