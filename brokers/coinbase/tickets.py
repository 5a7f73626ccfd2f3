"""Our tickets as the bodies that Coinbase takes; what it has no word for is refused here."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from brokers.coinbase import words
from brokers.coinbase.symbols import product_of
from domain.clock import utc
from domain.errors import InvalidTicket
from domain.facts import OrderReport
from domain.money import plain
from domain.order import OrderClass, OrderType, Terms, TimeInForce
from domain.ticket import Ticket


def placement(ticket: Ticket) -> Mapping[str, object]:
    """The body of a new order; every number is a decimal string."""
    return {"client_order_id": ticket.client_order_id, **preview(ticket)}


def preview(ticket: Ticket) -> Mapping[str, object]:
    """The body of what an order would cost."""
    return {
        "product_id": product_of(ticket.instrument),
        "side": ticket.terms.side.value,
        "order_configuration": {_name(ticket.terms): _asked(ticket.terms)},
    }


def edit(order: OrderReport, new: Terms) -> Mapping[str, object]:
    """The body of an edit: price and size, as what is left out counts as nothing (docs, 2026-07).

    The size is that of the whole order with what has filled: Coinbase refuses an edit to "below
    filled size".
    """
    kind = (order.terms.type, order.terms.time_in_force)
    if kind != (OrderType.LIMIT, TimeInForce.GTC) or kind != (new.type, new.time_in_force):
        raise InvalidTicket("Coinbase changes the price and size of GTC limit orders only")
    if new.quantity is None or new.limit_price is None:
        raise InvalidTicket("an edit at Coinbase needs a quantity and a limit price")
    return {
        "order_id": order.broker_order_id,
        "price": plain(new.limit_price),
        "size": plain(new.quantity),
    }


def _name(asked: Terms) -> str:
    """The first configuration of its kind; what it has no place for is refused, not left out."""
    if asked.order_class is not OrderClass.SIMPLE or asked.extended_hours:
        raise InvalidTicket("at Coinbase an order hangs together with no other, and has no hours")
    if asked.notional is not None and asked.type is not OrderType.MARKET:
        raise InvalidTicket("Coinbase takes amounts of money for market orders only")
    for name, kind in words.CONFIGURATION.items():
        if kind == (asked.type, asked.time_in_force):
            return name
    raise InvalidTicket(f"Coinbase takes no {asked.type} orders that live {asked.time_in_force}")


def _asked(asked: Terms) -> Mapping[str, object]:
    amounts: Mapping[str, Decimal | None] = {
        "base_size": asked.quantity,
        "quote_size": asked.notional,
        "limit_price": asked.limit_price,
        "stop_price": asked.stop_price,
    }
    found: dict[str, object] = {
        name: plain(amount) for name, amount in amounts.items() if amount is not None
    }
    if asked.time_in_force is TimeInForce.GTD:
        found["end_time"] = _rfc3339(asked.expires_at)
    if asked.type is OrderType.STOP_LIMIT:
        found["stop_direction"] = words.STOP_DIRECTION[asked.side]
    return found


def _rfc3339(at: datetime | None) -> str:
    if at is None:
        raise InvalidTicket("a GTD order needs a moment at which it ends")
    return f"{utc(at):%Y-%m-%dT%H:%M:%S}Z"
