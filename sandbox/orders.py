"""Tickets, orders, executions and events, in FIX words; all of them frozen."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Side(StrEnum):
    """FIX Side."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """What one unit bought or sold adds to a holding."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> "Side":
        """The side that undoes this one."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrdType(StrEnum):
    """FIX OrdType; a trailing stop is FIX's pegged stop."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP = "STOP"
    STOP_LIMIT = "STOP_LIMIT"
    TRAILING_STOP = "TRAILING_STOP"
    TRAILING_STOP_LIMIT = "TRAILING_STOP_LIMIT"
    MARKET_IF_TOUCHED = "MARKET_IF_TOUCHED"
    LIMIT_IF_TOUCHED = "LIMIT_IF_TOUCHED"


class TimeInForce(StrEnum):
    """FIX TimeInForce."""

    DAY = "DAY"
    GOOD_TILL_CANCEL = "GOOD_TILL_CANCEL"
    GOOD_TILL_DATE = "GOOD_TILL_DATE"
    AT_THE_OPENING = "AT_THE_OPENING"
    AT_THE_CLOSE = "AT_THE_CLOSE"
    IMMEDIATE_OR_CANCEL = "IMMEDIATE_OR_CANCEL"
    FILL_OR_KILL = "FILL_OR_KILL"


class Contingency(StrEnum):
    """How the orders of one family hang together (FIX ContingencyType; OTOCO is a bracket)."""

    NONE = "NONE"
    OCO = "OCO"
    OTO = "OTO"
    OTOCO = "OTOCO"
    MULTILEG = "MULTILEG"


class OrdStatus(StrEnum):
    """FIX OrdStatus; SUSPENDED is a leg that waits for its parent to fill."""

    PENDING_NEW = "PENDING_NEW"
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REPLACED = "REPLACED"
    PENDING_CANCEL = "PENDING_CANCEL"
    PENDING_REPLACE = "PENDING_REPLACE"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    SUSPENDED = "SUSPENDED"


ENDED = frozenset(
    {
        OrdStatus.FILLED,
        OrdStatus.CANCELED,
        OrdStatus.REPLACED,
        OrdStatus.REJECTED,
        OrdStatus.EXPIRED,
    }
)
WORKING = frozenset({OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED})


class ExecType(StrEnum):
    """FIX ExecType, with FIX's CancelReject split by what was asked."""

    PENDING_NEW = "PENDING_NEW"
    NEW = "NEW"
    TRADE = "TRADE"
    CANCELED = "CANCELED"
    REPLACED = "REPLACED"
    PENDING_CANCEL = "PENDING_CANCEL"
    PENDING_REPLACE = "PENDING_REPLACE"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    SUSPENDED = "SUSPENDED"
    RESTATED = "RESTATED"
    TRADE_CANCEL = "TRADE_CANCEL"
    TRADE_CORRECT = "TRADE_CORRECT"
    REPLACE_REJECTED = "REPLACE_REJECTED"
    CANCEL_REJECTED = "CANCEL_REJECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What is asked for; exactly one of `quantity` and `cash_quantity` (USD) is given."""

    symbol: str
    side: Side
    type: OrdType = OrdType.MARKET
    time_in_force: TimeInForce = TimeInForce.DAY
    quantity: Decimal | None = None
    cash_quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None
    limit_offset: Decimal | None = None
    """How far beyond its stop the limit of a trailing stop limit is."""
    group: str = ""
    """Orders of the same group cancel, or shrink, one another by filling."""
    extended_hours: bool = False
    expires: datetime | None = None
    """When it ends, if it is GOOD_TILL_DATE."""
    client_id: str = ""
    opens: bool | None = None
    """FIX PositionEffect: opens a position, closes one, or does not say."""
    contingency: Contingency = Contingency.NONE
    ratio: Decimal | None = None
    legs: tuple["Ticket", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What became of a ticket; `paid` is the sum of price times quantity over its executions."""

    id: str
    account_id: str
    client_id: str
    ticket: Ticket
    status: OrdStatus
    created: datetime
    updated: datetime
    expires: datetime | None = None
    ended: datetime | None = None
    filled: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    parent_id: str | None = None
    leg_ids: tuple[str, ...] = ()
    replaces: str | None = None
    replaced_by: str | None = None
    triggered: bool = False
    high_water: Decimal | None = None
    """The best price a trailing stop has seen."""
    stop_price: Decimal | None = None
    """Where a stop now stands; a trailing one moves."""
    cancel_requested: datetime | None = None
    amended: Ticket | None = None
    """What it is to become under its own id, for as long as it is PENDING_REPLACE."""
    text: str = ""

    @property
    def quantity(self) -> Decimal | None:
        """The quantity asked for, None where an amount of money was."""
        return self.ticket.quantity

    @property
    def leaves(self) -> Decimal:
        """What is still to fill; zero once ended."""
        if self.status in ENDED or self.ticket.quantity is None:
            return Decimal(0)
        return self.ticket.quantity - self.filled

    @property
    def average_price(self) -> Decimal | None:
        """The mean price of the executions."""
        return self.paid / self.filled if self.filled else None

    @property
    def live(self) -> bool:
        """Whether anything can still happen to it."""
        return self.status not in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One fill; `cumulative`, `leaves` and `position` are as they stood right after it."""

    id: str
    order_id: str
    account_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    commission: Decimal
    cumulative: Decimal
    leaves: Decimal
    position: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to an order, with the order as it stood after it."""

    sequence: int
    at: datetime
    type: ExecType
    order: Order
    execution: Execution | None = None
