"""E*TRADE's positions with their lots as our values."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from brokers.etrade.symbols import instrument_of
from brokers.etrade.times import date_of, moment_of
from brokers.wire import Row
from domain.holding import CostSource, Holding, Lot, Mark, MarkSource
from domain.ids import InstrumentId
from domain.money import EXACT, finest, times, total

_VIEWS = ("quick", "complete", "performance", "fundamental")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The positions of a page and the number of the next one."""

    positions: tuple[Row, ...]
    next_page: str | None


def page(body: Row) -> Page:
    """A page of the portfolio; nothing held is an empty answer."""
    response = body.row("portfolioResponse")
    accounts = response.rows("accountPortfolio") if response else ()
    following = (one.text("nextPageNo") for one in accounts)
    return Page(
        positions=tuple(row for one in accounts for row in one.rows("position")),
        next_page=next((number for number in following if number), None),
    )


def holdings(positions: Iterable[Row]) -> tuple[Holding, ...]:
    """One holding an instrument: it may be listed twice, by cash and by margin, long and short."""
    found: dict[InstrumentId, Holding] = {}
    for row in positions:
        one = holding(row)
        known = found.get(one.instrument.id)
        found[one.instrument.id] = one if known is None else _together(known, one)
    return tuple(found.values())


def holding(row: Row) -> Holding:
    """One position; an unreadable quantity is Unintelligible, never zero."""
    instrument, quantity = instrument_of(row), row.need_amount("quantity")
    short = quantity < 0 or (row.text("positionType") or "").upper() == "SHORT"
    quantity = -abs(quantity) if short else quantity
    cost = row.figure("totalCost")
    average = row.figure("costPerShare", "pricePaid")
    if cost is not None:
        cost = -abs(cost) if short else cost
    return Holding(
        instrument=instrument,
        quantity=quantity,
        currency=instrument.currency,
        average_cost=average,
        cost_basis=cost,
        cost_source=CostSource.UNKNOWN if average is cost is None else CostSource.BROKER,
        lots=tuple(_lots(row, short=short)),
    )


def mark(row: Row, as_of: datetime) -> Mark | None:
    """The price that comes with a position; None if it has none."""
    views = (row.row(name) for name in _VIEWS)
    view = next((one for one in views if one is not None), Row({}, "the view"))
    price = view.figure("lastTrade") or row.figure("price")
    if price is None or price <= 0:
        return None
    instrument = instrument_of(row)
    change = view.figure("change")
    return Mark(
        instrument_id=instrument.id,
        price=price,
        currency=instrument.currency,
        as_of=min(moment_of(view, "lastTradeTime") or as_of, as_of),
        source=MarkSource.SNAPSHOT,
        previous_close=None if change is None else EXACT.subtract(price, change),
    )


def _lots(row: Row, *, short: bool) -> Iterator[Lot]:
    """What is left of each purchase; one that cannot be read is left out: the holding has all."""
    for lot in row.rows("positionLot"):
        lot_id, quantity = lot.text("positionLotId"), lot.amount("remainingQty", "originalQty")
        if lot_id is None or not quantity:
            continue
        yield Lot(
            lot_id=lot_id,
            quantity=-abs(quantity) if short else quantity,
            unit_cost=lot.figure("price"),
            opened=date_of(lot, "acquiredDate"),
        )


def _together(known: Holding, other: Holding) -> Holding:
    """Two rows of one instrument: quantities and costs add up, so the average is worked out."""
    quantity = EXACT.add(known.quantity, other.quantity)
    costs = [cost for cost in (known.cost_basis, other.cost_basis) if cost is not None]
    cost = total(costs) if len(costs) == 2 else None  # noqa: PLR2004 (both)
    return replace(
        known,
        quantity=quantity,
        cost_basis=cost,
        average_cost=_average(cost, quantity, known.instrument.multiplier),
        cost_source=CostSource.UNKNOWN if cost is None else CostSource.DERIVED,
        lots=(*known.lots, *other.lots),
    )


def _average(cost: Decimal | None, quantity: Decimal, multiplier: Decimal) -> Decimal | None:
    if cost is None or quantity == 0:
        return None
    return finest(EXACT.divide(cost, times(quantity, multiplier)))
