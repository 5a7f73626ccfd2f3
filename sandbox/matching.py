"""When an order fills, at what price and for how much: pure rules over an order and a quote."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

from sandbox.instruments import Instrument
from sandbox.market import Quote
from sandbox.orders import Order, OrdType, Side, Ticket

_STOPS = frozenset({OrdType.STOP, OrdType.STOP_LIMIT, OrdType.TRAILING_STOP})


def watch(order: Order, quote: Quote) -> Order:
    """The order after it saw `quote`: a trailing stop moves along, a stop that is hit triggers."""
    if order.ticket.type not in _STOPS or order.triggered:
        return order
    if order.ticket.type is OrdType.TRAILING_STOP:
        order = _trail(order, quote.last)
    stop = order.stop_price
    sign = order.ticket.side.sign
    hit = stop is not None and (quote.last - stop) * sign >= 0
    return replace(order, triggered=True) if hit else order


def price(order: Order, quote: Quote) -> Decimal | None:
    """The price at which it trades against `quote`, None if it does not."""
    ticket = order.ticket
    if ticket.type in _STOPS and not order.triggered:
        return None
    offered = touch(quote, ticket)
    limited = ticket.type in {OrdType.LIMIT, OrdType.STOP_LIMIT}
    if limited and ticket.limit_price is not None:
        return offered if (ticket.limit_price - offered) * ticket.side.sign >= 0 else None
    return offered


def touch(quote: Quote, ticket: Ticket) -> Decimal:
    """The price that a market order of its side gets."""
    return quote.ask if ticket.side is Side.BUY else quote.bid


def net(legs: Iterable[Ticket], quotes: Mapping[str, Quote]) -> Decimal:
    """What one unit of a multi-leg order costs now; a credit is negative."""
    return sum(
        (
            touch(quotes[leg.symbol], leg) * leg.side.sign * (leg.ratio or Decimal(1))
            for leg in legs
        ),
        Decimal(0),
    )


def quantity(
    order: Order, instrument: Instrument, at_price: Decimal, liquidity: Decimal | None
) -> Decimal:
    """How much of it trades at once; an amount of money buys what it pays in full, at once."""
    money = order.ticket.cash_quantity
    if money is not None:
        return (money / at_price).quantize(instrument.lot, ROUND_DOWN)
    return order.leaves if liquidity is None else min(order.leaves, liquidity)


def _trail(order: Order, last: Decimal) -> Order:
    sign = order.ticket.side.sign
    best = order.high_water
    if best is None or (last - best) * sign < 0:
        best = last
    return replace(order, high_water=best, stop_price=best + sign * _distance(order, best))


def _distance(order: Order, best: Decimal) -> Decimal:
    if order.ticket.trail_amount is not None:
        return order.ticket.trail_amount
    return (best * (order.ticket.trail_percent or Decimal(0)) / 100).quantize(Decimal("0.01"))
