"""The one choke point before an order: trading states, the user's limits, and what they deny."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from domain.errors import ErrorCode, Problem
from domain.ids import InstrumentId
from domain.instrument import Instrument
from domain.money import EXACT, ZERO, times
from domain.order import Leg, OrderSide, Terms


class TradingScope(StrEnum):
    """How far a halt or a limit reaches."""

    SERVER = "SERVER"
    USER = "USER"
    CONNECTION = "CONNECTION"
    ACCOUNT = "ACCOUNT"


class TradingState(StrEnum):
    """What may be ordered: anything, only what brings a holding nearer to zero, or nothing."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the user allows in one scope; None allows anything. Money is in `currency`.

    Percentages are of the equity of the scope, the collar's of the last mark. A symbol is the
    ticker, the coin or the OCC symbol; one on an underlying covers its options. `require_preview`
    None leaves it to the rule that a person trading real money looks first.
    """

    currency: str = "USD"
    order_quantity: Decimal | None = None
    order_notional: Decimal | None = None
    order_equity_percent: Decimal | None = None
    position_quantity: Decimal | None = None
    position_notional: Decimal | None = None
    position_equity_percent: Decimal | None = None
    orders_per_minute: int | None = None
    daily_notional: Decimal | None = None
    daily_loss: Decimal | None = None
    price_collar_percent: Decimal | None = None
    allowed_symbols: frozenset[str] | None = None
    blocked_symbols: frozenset[str] = frozenset()
    duplicate_window: timedelta | None = None
    market_hours_only: bool = False
    require_preview: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One instrument that an order trades, in units; None where only money was asked."""

    instrument: Instrument
    side: OrderSide
    quantity: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An instrument in a scope: units held (signed), and reserved by orders that may still fill."""

    quantity: Decimal = ZERO
    buying: Decimal = ZERO
    selling: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """All that limits of one scope are compared with; None is not known, which never passes.

    `marks` are prices per unit by what is held, `notional` the new order's own worth.
    """

    held: Mapping[InstrumentId, Held] = field(default_factory=dict)
    marks: Mapping[InstrumentId, Decimal] = field(default_factory=dict)
    notional: Decimal | None = None
    equity: Decimal | None = None
    opening_equity: Decimal | None = None
    orders_last_minute: int = 0
    notional_today: Decimal | None = ZERO
    since_same: timedelta | None = None
    market_open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """A rule that was broken: by how much, and what it allows."""

    code: ErrorCode
    scope: TradingScope
    limit: str
    actual: str
    message: str


class Denied(Problem):
    """The gate let an order not through; `denials` are all the reasons, the first in front."""

    def __init__(self, denials: tuple[Denial, ...]) -> None:
        super().__init__(denials[0].code, "; ".join(denial.message for denial in denials))
        self.denials = denials


def parts(instrument: Instrument, terms: Terms, legs: tuple[Leg, ...]) -> tuple[Part, ...]:
    """What it would trade: the legs of a multi-leg order, else the one instrument."""
    if not legs:
        return (Part(instrument=instrument, side=terms.side, quantity=terms.quantity),)
    return tuple(
        Part(
            instrument=leg.instrument,
            side=leg.side,
            quantity=None if terms.quantity is None else times(terms.quantity, leg.ratio),
        )
        for leg in legs
    )


def worth(
    instrument: Instrument, terms: Terms, mark: Decimal | None, legs: tuple[Leg, ...] = ()
) -> Decimal | None:
    """What it would trade in the instrument's currency, at the dearest price known of.

    None where that is not known: a market or stop order of something without a mark.
    """
    if terms.notional is not None:
        return terms.notional
    prices = [abs(p) for p in (terms.limit_price, terms.stop_price, mark) if p is not None]
    if terms.quantity is None or not prices or (mark is None and terms.limit_price is None):
        return None
    multiplier = legs[0].instrument.multiplier if legs else instrument.multiplier
    return times(terms.quantity, max(prices), multiplier)


def reduces(parts: tuple[Part, ...], held: Mapping[InstrumentId, Held]) -> bool:
    """Whether every part brings a holding nearer to zero and none can cross it.

    Orders that may still fill on the same side count as filled; those on the other do not, so two
    closes of the same shares cannot both pass.
    """
    return bool(parts) and all(
        part.quantity is not None
        and part.quantity <= closable(held.get(part.instrument.held_as, Held()), part.side)
        for part in parts
    )


def closable(held: Held, side: OrderSide) -> Decimal:
    """Units that this side can still trade before the holding is flat."""
    if side is OrderSide.SELL:
        return max(ZERO, EXACT.subtract(held.quantity, held.selling))
    return max(ZERO, EXACT.subtract(EXACT.minus(held.quantity), held.buying))


def held_back(state: TradingState, scope: TradingScope, *, reducing: bool) -> Denial | None:
    """Why a trading state keeps this order back, if it does."""
    if state is TradingState.ACTIVE or (state is TradingState.REDUCING and reducing):
        return None
    halted = state is TradingState.HALTED
    return Denial(
        code=ErrorCode.TRADING_HALTED if halted else ErrorCode.TRADING_REDUCING,
        scope=scope,
        limit=state.value,
        actual="reduces the holding" if reducing else "adds exposure",
        message=f"trading is {state.value} for this {scope.value.lower()}; resume it first",
    )
