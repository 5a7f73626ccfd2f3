"""What an order is: its terms, its status in FIX words, its executions."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.ids import AccountId, ConnectionId, OrderId
from domain.instrument import Instrument
from domain.money import EXACT, ZERO


class OrderSide(StrEnum):
    """Which way it trades."""

    BUY = "BUY"
    SELL = "SELL"


class PositionEffect(StrEnum):
    """Whether it opens or closes (FIX 77)."""

    OPEN = "OPEN"
    CLOSE = "CLOSE"


class OrderType(StrEnum):
    """How it is priced (FIX 40); on-open and on-close are times in force."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP = "STOP"
    STOP_LIMIT = "STOP_LIMIT"
    TRAILING_STOP = "TRAILING_STOP"
    TRAILING_STOP_LIMIT = "TRAILING_STOP_LIMIT"
    MARKET_IF_TOUCHED = "MARKET_IF_TOUCHED"
    LIMIT_IF_TOUCHED = "LIMIT_IF_TOUCHED"
    NET = "NET"
    OTHER = "OTHER"


class TimeInForce(StrEnum):
    """How long it lives (FIX 59)."""

    DAY = "DAY"
    GTC = "GTC"
    GTD = "GTD"
    IOC = "IOC"
    FOK = "FOK"
    OPG = "OPG"
    CLS = "CLS"
    OTHER = "OTHER"


class OrderClass(StrEnum):
    """How it hangs together with other orders (FIX 1385)."""

    SIMPLE = "SIMPLE"
    BRACKET = "BRACKET"
    OCO = "OCO"
    OTO = "OTO"
    MULTI_LEG = "MULTI_LEG"
    OTHER = "OTHER"


class OrderStatus(StrEnum):
    """Where it stands (FIX 39); UNKNOWN is an unread word and never terminal."""

    PENDING_NEW = "PENDING_NEW"
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    DONE_FOR_DAY = "DONE_FOR_DAY"
    CANCELED = "CANCELED"
    REPLACED = "REPLACED"
    PENDING_CANCEL = "PENDING_CANCEL"
    STOPPED = "STOPPED"
    REJECTED = "REJECTED"
    SUSPENDED = "SUSPENDED"
    CALCULATED = "CALCULATED"
    EXPIRED = "EXPIRED"
    ACCEPTED_FOR_BIDDING = "ACCEPTED_FOR_BIDDING"
    PENDING_REPLACE = "PENDING_REPLACE"
    UNKNOWN = "UNKNOWN"

    @property
    def terminal(self) -> bool:
        """Whether nothing more is expected to happen."""
        return self in TERMINAL


# From weakest to strongest claim: what is shown when a broker has claimed several.
TERMINAL = (
    OrderStatus.REJECTED,
    OrderStatus.CANCELED,
    OrderStatus.EXPIRED,
    OrderStatus.REPLACED,
    OrderStatus.FILLED,
)


class ExecType(StrEnum):
    """Why an order changed (FIX 150)."""

    NEW = "NEW"
    DONE_FOR_DAY = "DONE_FOR_DAY"
    CANCELED = "CANCELED"
    REPLACED = "REPLACED"
    PENDING_CANCEL = "PENDING_CANCEL"
    STOPPED = "STOPPED"
    REJECTED = "REJECTED"
    SUSPENDED = "SUSPENDED"
    PENDING_NEW = "PENDING_NEW"
    CALCULATED = "CALCULATED"
    EXPIRED = "EXPIRED"
    RESTATED = "RESTATED"
    PENDING_REPLACE = "PENDING_REPLACE"
    TRADE = "TRADE"
    TRADE_CORRECT = "TRADE_CORRECT"
    TRADE_CANCEL = "TRADE_CANCEL"
    ORDER_STATUS = "ORDER_STATUS"
    TRIGGERED = "TRIGGERED"


class Origin(StrEnum):
    """Who placed it: this server, or somebody by another way."""

    HERE = "HERE"
    ELSEWHERE = "ELSEWHERE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One instrument of a multi-leg order; `ratio` units of it per unit of the order."""

    instrument: Instrument
    side: OrderSide
    ratio: Decimal = Decimal(1)
    effect: PositionEffect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was asked: exactly one of `quantity` (units) and `notional` (money) is set.

    Prices are per unit in the instrument's currency; `trail_percent` is in percent.
    """

    side: OrderSide
    type: OrderType
    time_in_force: TimeInForce
    order_class: OrderClass = OrderClass.SIMPLE
    quantity: Decimal | None = None
    notional: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None
    extended_hours: bool = False
    effect: PositionEffect | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One fill: `quantity` units at `price` each; a higher revision corrects a lower one."""

    execution_id: str
    quantity: Decimal
    price: Decimal
    at: datetime
    revision: int = 0
    commission: Decimal | None = None
    venue: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as all that is known of it adds up; the identity survives replacement."""

    id: OrderId
    account_id: AccountId
    connection_id: ConnectionId
    broker_order_id: str
    client_order_id: str | None
    instrument: Instrument
    terms: Terms
    status: OrderStatus
    raw_status: str
    working: bool | None
    filled_quantity: Decimal
    average_price: Decimal | None
    origin: Origin
    submitted_at: datetime | None
    updated_at: datetime
    executions: tuple[Execution, ...] = ()
    earlier_broker_ids: tuple[str, ...] = ()
    legs: tuple[Leg, ...] = ()
    parent_broker_id: str | None = None
    reason: str | None = None

    @property
    def leaves_quantity(self) -> Decimal | None:
        """What can still fill; None where only a notional was asked."""
        if self.status.terminal:
            return ZERO
        if self.terms.quantity is None:
            return None
        return max(ZERO, EXACT.subtract(self.terms.quantity, self.filled_quantity))

    @property
    def unattributed_quantity(self) -> Decimal:
        """What the broker says was filled and we have no execution for yet."""
        known = ZERO
        for execution in self.executions:
            known = EXACT.add(known, execution.quantity)
        return max(ZERO, EXACT.subtract(self.filled_quantity, known))


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """One visible change of an order, and why; the unit that is delivered exactly once."""

    order: Order
    exec_type: ExecType
    at: datetime
    executions: tuple[Execution, ...] = field(default=())
