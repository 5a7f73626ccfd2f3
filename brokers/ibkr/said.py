"""What a Gateway says, as it says it: its words, with amounts as Decimal and None for unset."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One leg of a combination: `ratio` of the contract, "BUY" or "SELL"."""

    con_id: int
    ratio: int
    action: str
    open_close: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What is traded; `con_id` is Interactive Brokers' own number of it, 0 if it is not told."""

    con_id: int = 0
    symbol: str = ""
    sec_type: str = ""
    last_trade_date: str = ""
    strike: Decimal | None = None
    right: str = ""
    multiplier: str = ""
    exchange: str = ""
    primary_exchange: str = ""
    currency: str = ""
    local_symbol: str = ""
    trading_class: str = ""
    legs: tuple[Leg, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """A contract and how it trades; prices times `magnifier` are in the currency's hundredths."""

    contract: Contract
    long_name: str = ""
    stock_type: str = ""
    min_tick: Decimal | None = None
    magnifier: int = 1
    min_size: Decimal | None = None
    size_increment: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as it was asked; `parent_id` is the parent's order id, of the same client."""

    order_id: int = 0
    client_id: int = 0
    perm_id: int = 0
    account: str = ""
    action: str = ""
    quantity: Decimal | None = None
    type: str = ""
    limit: Decimal | None = None
    aux: Decimal | None = None
    tif: str = ""
    oca_group: str = ""
    ref: str = ""
    parent_id: int = 0
    outside_rth: bool = False
    good_till: str = ""
    trail_stop: Decimal | None = None
    trail_percent: Decimal | None = None
    cash: Decimal | None = None
    open_close: str = ""
    what_if: bool = False
    filled: Decimal | None = None
    """Of completed orders only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """An order and its status; the figures are those of a what-if."""

    contract: Contract
    order: Order
    status: str
    warning: str = ""
    initial_margin_change: Decimal | None = None
    equity_after: Decimal | None = None
    commission: Decimal | None = None
    least_commission: Decimal | None = None
    most_commission: Decimal | None = None
    commission_currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedOrder:
    """An order that is over; without order id and client id."""

    contract: Contract
    order: Order
    status: str
    completed_status: str = ""
    completed_time: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where an order stands."""

    order_id: int
    client_id: int
    perm_id: int
    status: str
    filled: Decimal
    average: Decimal | None = None
    why_held: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A fill; the last part of `exec_id` counts its corrections, `time` is as it was written."""

    contract: Contract
    exec_id: str
    time: str
    account: str
    exchange: str
    side: str
    quantity: Decimal
    price: Decimal
    perm_id: int
    client_id: int
    order_id: int
    cumulative: Decimal
    average: Decimal | None
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commission:
    """What a fill cost."""

    exec_id: str
    amount: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What an account holds; `average_cost` has the multiplier in it."""

    account: str
    contract: Contract
    quantity: Decimal
    average_cost: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One figure of an account."""

    account: str
    tag: str
    text: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profit:
    """What one position is worth now."""

    position: Decimal | None
    daily: Decimal | None
    unrealized: Decimal | None
    value: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A price or another figure of a contract, by the number of its kind."""

    kind: int
    price: Decimal | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A contract that is called like what was searched for."""

    contract: Contract
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiries:
    """The days on which options of an underlying end, as 20271217."""

    days: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """An error or a notice, of the request or order with this id; -1 is of none."""

    id: int
    code: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """The Gateway's clock, which is asked to see whether it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """That was all."""


Said = (
    Details
    | OpenOrder
    | CompletedOrder
    | Status
    | Execution
    | Commission
    | Position
    | Value
    | Profit
    | Tick
    | Match
    | Expiries
    | Complaint
    | Time
    | Done
)
