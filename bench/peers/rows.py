"""The rows of the Python peers: a holding at a mark, worked out once for each mark."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bench.workload import AVERAGE_COST, CURRENCY, PREVIOUS_CLOSE, Tick, quantity, symbol


@dataclass(frozen=True, slots=True)
class Row:
    """The twelve fields, flat."""

    id: str
    side: str
    quantity: Decimal
    currency: str
    average_cost: Decimal
    cost_basis: Decimal
    symbol: str
    price: Decimal
    as_of: datetime
    market_value: Decimal
    unrealized_pnl: Decimal
    day_change: Decimal


def row(tick: Tick) -> Row:
    """What the marked holding is now worth."""
    held = quantity(tick.instrument)
    basis, worth = held * AVERAGE_COST, held * tick.price
    return Row(
        id=f"position-{tick.user}-{tick.instrument}",
        side="LONG",
        quantity=held,
        currency=CURRENCY,
        average_cost=AVERAGE_COST,
        cost_basis=basis,
        symbol=symbol(tick.instrument),
        price=tick.price,
        as_of=tick.as_of,
        market_value=worth,
        unrealized_pnl=worth - basis,
        day_change=held * (tick.price - PREVIOUS_CLOSE),
    )
