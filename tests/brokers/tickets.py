"""Tickets for what every broker of stocks can be asked."""

from decimal import Decimal

from domain.instrument import AssetClass, Instrument, option_of
from domain.order import OrderSide, OrderType, PositionEffect, Terms, TimeInForce
from domain.ticket import Ticket

APPLE = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")
CALL = option_of("AAPL271217C00250000") or APPLE
BUY, SELL = OrderSide.BUY, OrderSide.SELL


def terms(
    side: OrderSide = BUY,
    quantity: str = "2",
    limit: str | None = None,
    time_in_force: TimeInForce = TimeInForce.DAY,
    effect: PositionEffect | None = None,
) -> Terms:
    """At the market, or at a limit."""
    return Terms(
        side=side,
        type=OrderType.MARKET if limit is None else OrderType.LIMIT,
        time_in_force=time_in_force,
        quantity=Decimal(quantity),
        limit_price=None if limit is None else Decimal(limit),
        effect=effect,
    )


def ticket(
    account: str, wanted: Terms, instrument: Instrument = APPLE, name: str = "bg-1"
) -> Ticket:
    """By terms and instrument."""
    return Ticket(account=account, client_order_id=name, instrument=instrument, terms=wanted)


def resting(account: str, name: str = "bg-1", quantity: str = "2") -> Ticket:
    """A purchase of apples that waits below the market."""
    return ticket(account, terms(limit="200", quantity=quantity), name=name)
