"""Alpaca's words for what the exchange says in FIX's."""

from datetime import UTC, datetime
from decimal import Decimal

from sandbox.account import MovementKind
from sandbox.instruments import Instrument, Kind
from sandbox.json_text import plain
from sandbox.orders import Contingency, Event, ExecType, OrdStatus, OrdType, Side, TimeInForce

SIDE = {Side.BUY: "buy", Side.SELL: "sell"}
TYPE = {one: one.value.lower() for one in OrdType}
TIME_IN_FORCE = {
    TimeInForce.DAY: "day",
    TimeInForce.GOOD_TILL_CANCEL: "gtc",
    TimeInForce.AT_THE_OPENING: "opg",
    TimeInForce.AT_THE_CLOSE: "cls",
    TimeInForce.IMMEDIATE_OR_CANCEL: "ioc",
    TimeInForce.FILL_OR_KILL: "fok",
}
ORDER_CLASS = {
    Contingency.NONE: "",
    Contingency.OCO: "oco",
    Contingency.OTO: "oto",
    Contingency.OTOCO: "bracket",
    Contingency.MULTILEG: "mleg",
}
STATUS = {one: one.value.lower() for one in OrdStatus} | {OrdStatus.SUSPENDED: "held"}
ASSET_CLASS = {Kind.EQUITY: "us_equity", Kind.OPTION: "us_option", Kind.CRYPTO: "crypto"}
EXCHANGE = {"XNAS": "NASDAQ", "ARCX": "ARCA"}
ACTIVITY = {
    MovementKind.DEPOSIT: "CSD",
    MovementKind.WITHDRAWAL: "CSW",
    MovementKind.DIVIDEND: "DIV",
    MovementKind.INTEREST: "INT",
    MovementKind.FEE: "FEE",
}
_EVENT = {
    ExecType.SUSPENDED: "held",
    ExecType.TRADE_CANCEL: "trade_bust",
    ExecType.TRADE_CORRECT: "trade_correct",
    ExecType.REPLACE_REJECTED: "order_replace_rejected",
    ExecType.CANCEL_REJECTED: "order_cancel_rejected",
}


def event(of: Event) -> str:
    """The name of a trade update."""
    if of.type is ExecType.TRADE:
        return "fill" if of.order.status is OrdStatus.FILLED else "partial_fill"
    return _EVENT.get(of.type, of.type.lower())


def exchange(instrument: Instrument) -> str:
    """Where it trades; CRYPTO is what Alpaca sends, though its specification does not list it."""
    return "CRYPTO" if instrument.kind is Kind.CRYPTO else EXCHANGE.get(instrument.venue, "")


def unslashed(symbol: str) -> str:
    """How positions and trade updates write a crypto pair."""
    return symbol.replace("/", "")


def moment(at: datetime) -> str:
    """RFC 3339 with nanoseconds, as Alpaca writes it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z"


def number(value: Decimal) -> str:
    """A decimal string with at most nine places."""
    return plain(round(value, 9))


def optional(value: Decimal | None) -> str | None:
    """A decimal string, or null."""
    return None if value is None else number(value)
