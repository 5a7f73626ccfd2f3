"""The books of one account: cash, holdings, orders and what moved them."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sandbox.instruments import Instrument, Kind
from sandbox.orders import Execution, Order


class MovementKind(StrEnum):
    """Why cash moved without a trade."""

    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    DIVIDEND = "DIVIDEND"
    INTEREST = "INTEREST"
    FEE = "FEE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Cash that came (positive) or went, in USD; `quantity` and `symbol` where a holding paid."""

    id: str
    kind: MovementKind
    amount: Decimal
    at: datetime
    symbol: str | None = None
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A signed quantity and its `cost`, signed alike, in its currency, multiplier included."""

    quantity: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)

    def traded(self, quantity: Decimal, value: Decimal) -> "Holding":
        """After `quantity` (signed) traded for `value` (signed alike): cost is the average's."""
        total = self.quantity + quantity
        if self.quantity * quantity >= 0:
            return Holding(quantity=total, cost=self.cost + value)
        if self.quantity * total > 0:
            return Holding(quantity=total, cost=self.cost * total / self.quantity)
        return Holding(quantity=total, cost=value * total / quantity)


@dataclass(slots=True, kw_only=True)
class Account:
    """One account's books; only the exchange writes them."""

    id: str
    number: str
    opened: datetime
    margin: Decimal
    commission: Decimal = Decimal(0)
    """USD a unit traded."""
    flat_commission: Decimal = Decimal(0)
    """USD a trade, whatever its size."""
    fee_rate: Decimal = Decimal(0)
    """Share of the money that changes hands, on top of it."""
    currency: str = "USD"
    """What Alpaca tells its figures in."""
    cash: Decimal = Decimal(0)
    foreign: dict[str, Decimal] = field(default_factory=dict)
    """Cash in other currencies than USD."""
    crosses_zero: bool = False
    """Whether selling more than is held turns it short, and options may be written uncovered."""
    blocked: bool = False
    holdings: dict[str, Holding] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    executions: dict[str, Execution] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)
    client_ids: set[str] = field(default_factory=set)
    previous_equity: Decimal = Decimal(0)
    equity_points: deque[tuple[datetime, Decimal]] = field(
        default_factory=lambda: deque(maxlen=20_000)
    )

    _live: dict[str, None] = field(default_factory=dict)

    def fee(self, quantity: Decimal, price: Decimal) -> Decimal:
        """What a trade costs besides its price, in USD."""
        by_size = self.commission * quantity + self.fee_rate * quantity * price
        return self.flat_commission + by_size

    def write(self, order: Order) -> None:
        """Put an order, as it now stands, on the books."""
        self.orders[order.id] = order
        if order.live:
            self._live[order.id] = None
        else:
            self._live.pop(order.id, None)

    def live_orders(self) -> list[Order]:
        """Those to which something can still happen, oldest first."""
        return [self.orders[one] for one in self._live]

    def holding(self, symbol: str) -> Holding:
        """What is held of `symbol`, nothing included."""
        return self.holdings.get(symbol, Holding())

    def pay_in(self, currency: str, amount: Decimal) -> None:
        """Book cash that came, or went if negative."""
        if currency == "USD":
            self.cash += amount
        else:
            self.foreign[currency] = self.foreign.get(currency, Decimal(0)) + amount

    def post(
        self, instrument: Instrument, quantity: Decimal, value: Decimal, commission: Decimal
    ) -> None:
        """Book a trade of `quantity` (signed) for `value` (alike, in the instrument's currency).

        A pair of currencies leaves no holding, only cash in both.
        """
        symbol = instrument.symbol
        self.pay_in(instrument.currency, -value)
        self.cash -= commission
        if instrument.kind is Kind.FX:
            return self.pay_in(symbol.partition(".")[0], quantity)
        holding = self.holding(symbol).traded(quantity, value)
        if holding.quantity:
            self.holdings[symbol] = holding
        else:
            self.holdings.pop(symbol, None)
        return None

    def note_equity(self, at: datetime, equity: Decimal) -> None:
        """Keep one point a minute: the newest one of it."""
        points = self.equity_points
        if points and points[-1][0].replace(second=0, microsecond=0) == at.replace(
            second=0, microsecond=0
        ):
            points.pop()
        points.append((at, equity))
