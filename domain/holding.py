"""What is owned, and what it is worth at a price: a position is a holding with its valuation."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from domain.ids import AccountId, InstrumentId
from domain.instrument import Instrument
from domain.money import EXACT, ZERO, times


class CostSource(StrEnum):
    """Who worked out the cost."""

    BROKER = "BROKER"
    DERIVED = "DERIVED"
    UNKNOWN = "UNKNOWN"


class Side(StrEnum):
    """Which way a position faces."""

    LONG = "LONG"
    SHORT = "SHORT"
    FLAT = "FLAT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """One purchase within a holding."""

    lot_id: str
    quantity: Decimal
    unit_cost: Decimal | None
    opened: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A quantity of an instrument in an account, signed: negative is short, zero is gone.

    `average_cost` is per unit, `cost_basis` for the whole with the multiplier, both in `currency`.
    """

    instrument: Instrument
    quantity: Decimal
    currency: str
    average_cost: Decimal | None = None
    cost_basis: Decimal | None = None
    cost_source: CostSource = CostSource.UNKNOWN
    available: Decimal | None = None
    lots: tuple[Lot, ...] = ()

    @property
    def side(self) -> Side:
        """Long, short or flat."""
        if self.quantity == 0:
            return Side.FLAT
        return Side.LONG if self.quantity > 0 else Side.SHORT


class MarkSource(StrEnum):
    """Where a price came from, best first."""

    STREAM = "STREAM"
    QUOTE = "QUOTE"
    SNAPSHOT = "SNAPSHOT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The latest price of an instrument: per unit, in `currency`, as of the venue's time."""

    instrument_id: InstrumentId
    price: Decimal
    currency: str
    as_of: datetime
    source: MarkSource
    bid: Decimal | None = None
    ask: Decimal | None = None
    previous_close: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuation:
    """A holding at a price, in the holding's currency; `base_value` in the currency asked for."""

    price: Decimal
    as_of: datetime
    source: MarkSource
    market_value: Decimal
    unrealized_pnl: Decimal | None
    day_change: Decimal | None
    base_value: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A holding with its valuation; None where no price is known, which is not zero."""

    account_id: AccountId
    holding: Holding
    valuation: Valuation | None


def value(holding: Holding, mark: Mark | None, fx: Decimal | None = None) -> Valuation | None:
    """What a holding is worth at a mark; `fx` is units of the base currency per unit of its own.

    None if there is no mark or it is in another currency: an unknown worth is never shown as zero.
    """
    if mark is None or mark.currency != holding.currency:
        return None
    multiplier = holding.instrument.multiplier
    worth = times(holding.quantity, mark.price, multiplier)
    change = (
        None if mark.previous_close is None else EXACT.subtract(mark.price, mark.previous_close)
    )
    return Valuation(
        price=mark.price,
        as_of=mark.as_of,
        source=mark.source,
        market_value=worth,
        unrealized_pnl=None
        if holding.cost_basis is None
        else EXACT.subtract(worth, holding.cost_basis),
        day_change=None if change is None else times(holding.quantity, change, multiplier),
        base_value=None if fx is None else times(worth, fx),
    )


def gone(holding: Holding) -> Holding:
    """The same holding, sold out: kept with quantity zero, so that its end is a change too."""
    return Holding(
        instrument=holding.instrument, quantity=ZERO, currency=holding.currency, available=ZERO
    )
