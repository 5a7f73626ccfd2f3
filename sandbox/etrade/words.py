"""E*TRADE's words for what the exchange says in FIX's, and how it writes times and products."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.account import MovementKind
from sandbox.clock import NEW_YORK
from sandbox.instruments import Instrument, Kind, Option
from sandbox.orders import OrdStatus, OrdType, Side, TimeInForce

STATUS = {
    OrdStatus.PENDING_NEW: "OPEN",
    OrdStatus.NEW: "OPEN",
    OrdStatus.PARTIALLY_FILLED: "INDIVIDUAL_FILLS",
    OrdStatus.FILLED: "EXECUTED",
    OrdStatus.CANCELED: "CANCELLED",
    OrdStatus.REPLACED: "CANCELLED",
    OrdStatus.PENDING_CANCEL: "CANCEL_REQUESTED",
    OrdStatus.PENDING_REPLACE: "OPEN",
    OrdStatus.REJECTED: "REJECTED",
    OrdStatus.EXPIRED: "EXPIRED",
    OrdStatus.SUSPENDED: "OPEN",
}
PRICE_TYPE = {
    "MARKET": (OrdType.MARKET, None),
    "LIMIT": (OrdType.LIMIT, None),
    "STOP": (OrdType.STOP, None),
    "STOP_LIMIT": (OrdType.STOP_LIMIT, None),
    "TRAILING_STOP_CNST": (OrdType.TRAILING_STOP, None),
    "TRAILING_STOP_PRCT": (OrdType.TRAILING_STOP, None),
    "MARKET_ON_OPEN": (OrdType.MARKET, TimeInForce.AT_THE_OPENING),
    "MARKET_ON_CLOSE": (OrdType.MARKET, TimeInForce.AT_THE_CLOSE),
    "LIMIT_ON_OPEN": (OrdType.LIMIT, TimeInForce.AT_THE_OPENING),
    "LIMIT_ON_CLOSE": (OrdType.LIMIT, TimeInForce.AT_THE_CLOSE),
    "NET_DEBIT": (OrdType.LIMIT, None),
    "NET_CREDIT": (OrdType.LIMIT, None),
    "NET_EVEN": (OrdType.LIMIT, None),
}
TERM = {
    "GOOD_FOR_DAY": TimeInForce.DAY,
    "GOOD_UNTIL_CANCEL": TimeInForce.GOOD_TILL_CANCEL,
    "IMMEDIATE_OR_CANCEL": TimeInForce.IMMEDIATE_OR_CANCEL,
    "FILL_OR_KILL": TimeInForce.FILL_OR_KILL,
}
# The side, and whether it opens a position.
SHARES = {
    "BUY": (Side.BUY, True),
    "SELL": (Side.SELL, False),
    "SELL_SHORT": (Side.SELL, True),
    "BUY_TO_COVER": (Side.BUY, False),
}
OPTIONS = {
    "BUY_OPEN": (Side.BUY, True),
    "BUY_CLOSE": (Side.BUY, False),
    "SELL_OPEN": (Side.SELL, True),
    "SELL_CLOSE": (Side.SELL, False),
}
FUNDS = {"BUY": (Side.BUY, True), "SELL": (Side.SELL, False)}
SECURITY_TYPE = {Kind.EQUITY: "EQ", Kind.OPTION: "OPTN", Kind.FUND: "MF"}
LOOKED_UP = {Kind.EQUITY: "EQUITY", Kind.FUND: "MUTUAL_FUND"}
TRANSACTION = {
    MovementKind.DEPOSIT: "Transfer",
    MovementKind.WITHDRAWAL: "Transfer",
    MovementKind.DIVIDEND: "Dividend",
    MovementKind.INTEREST: "Interest Income",
    MovementKind.FEE: "Service Fee",
}


def milliseconds(moment: datetime) -> int:
    """Unix time, as production writes it."""
    return int(moment.timestamp() * 1000)


def day(moment: datetime) -> int:
    """The start of its day in New York, in milliseconds."""
    local = moment.astimezone(NEW_YORK)
    return milliseconds(local.replace(hour=0, minute=0, second=0, microsecond=0))


def figure(amount: Decimal) -> Decimal:
    """What was worked out, to four decimals."""
    return round(amount, 4)


def product(instrument: Instrument) -> dict[str, Any]:
    """What is traded, as it is named everywhere."""
    kind = SECURITY_TYPE.get(instrument.kind, "EQ")
    if instrument.option is None:
        return {"symbol": instrument.symbol, "securityType": kind}
    return _option(instrument.option) | {
        "productId": {"symbol": osi(instrument), "typeCode": "OPTION"}
    }


def osi(instrument: Instrument) -> str:
    """The OCC symbol with its root padded by dashes."""
    tail = instrument.symbol[-15:]
    return instrument.symbol.removesuffix(tail).ljust(6, "-") + tail


def _option(option: Option) -> dict[str, Any]:
    return {
        "symbol": option.underlying,
        "securityType": "OPTN",
        "callPut": option.right,
        "expiryYear": option.expiry.year,
        "expiryMonth": option.expiry.month,
        "expiryDay": option.expiry.day,
        "strikePrice": option.strike,
    }


def contract(root: str, year: int, month: int, day: int, right: str, strike: Decimal) -> str:
    """The exchange's symbol of an option."""
    return f"{root}{year % 100:02}{month:02}{day:02}{right[:1]}{int(strike * 1000):08}"
