"""When an order fills, at what price and for how much: pure rules over an order and a quote."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

from sandbox.instruments import Instrument
from sandbox.market import Quote
from sandbox.orders import Order, OrdType, Side, Ticket

_TRAILING = frozenset({OrdType.TRAILING_STOP, OrdType.TRAILING_STOP_LIMIT})
_TOUCHED = frozenset({OrdType.MARKET_IF_TOUCHED, OrdType.LIMIT_IF_TOUCHED})
_STOPS = frozenset({OrdType.STOP, OrdType.STOP_LIMIT}) | _TRAILING | _TOUCHED
_LIMITED = frozenset({OrdType.LIMIT, OrdType.STOP_LIMIT, OrdType.LIMIT_IF_TOUCHED})


def watch(order: Order, quote: Quote) -> Order:
    """The order after it saw `quote`: a trailing stop moves along, a stop that is hit triggers."""
    if order.ticket.type not in _STOPS or order.triggered:
        return order
    if order.ticket.type in _TRAILING:
        order = _trail(order, quote.last)
    stop = order.stop_price
    sign = order.ticket.side.sign * (-1 if order.ticket.type in _TOUCHED else 1)
    hit = stop is not None and (quote.last - stop) * sign >= 0
    return replace(order, triggered=True) if hit else order


def price(order: Order, quote: Quote) -> Decimal | None:
    """The price at which it trades against `quote`, None if it does not."""
    ticket = order.ticket
    if ticket.type in _STOPS and not order.triggered:
        return None
    offered = touch(quote, ticket)
    limit = limit_price(order)
    if limit is not None and (limit - offered) * ticket.side.sign < 0:
        return None
    return offered


def limit_price(order: Order) -> Decimal | None:
    """The worst price it takes, None if it takes any; that of a trailing one moves along."""
    ticket = order.ticket
    if ticket.type is OrdType.TRAILING_STOP_LIMIT and order.stop_price is not None:
        return order.stop_price + ticket.side.sign * (ticket.limit_offset or Decimal(0))
    return ticket.limit_price if ticket.type in _LIMITED else None


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
