"""Tickets as the orders that a Gateway takes, and its orders as terms."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from brokers.ibkr import library, said, words
from brokers.ibkr.capabilities import CAPABILITIES
from domain.errors import InvalidTicket, Unintelligible
from domain.money import plain
from domain.order import (
    OrderClass,
    OrderSide,
    OrderType,
    Terms,
    TimeInForce,
)
from domain.ticket import Exits, Ticket

_GTD = "%Y%m%d-%H:%M:%S"
_TRAILS = frozenset({"TRAIL", "TRAIL LIMIT"})
_STOPS = frozenset({"STP", "STP LMT", "MIT", "LIT"})
_LIMITS = frozenset({"LMT", "LOC", "STP LMT", "LIT", "TRAIL LIMIT"})
_FAMILIES = frozenset({OrderClass.BRACKET, OrderClass.OCO, OrderClass.OTO})
# One of the group fills, the others are canceled, and none can fill meanwhile.
_CANCEL_REST = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One order to send; `of_first` hangs it on the first of its batch, `transmit` lets all go."""

    account: str
    ref: str
    terms: Terms
    group: str = ""
    of_first: bool = False
    transmit: bool = True

    def wire(self, parent_id: int = 0, *, what_if: bool = False) -> Any:
        """What the library sends; amounts are digits, so that no float comes in between."""
        terms, order = self.terms, library.Order()
        order.action = terms.side.value
        order.totalQuantity = _digits(terms.quantity)
        order.orderType = _type(terms)
        order.tif = "DAY" if terms.time_in_force is TimeInForce.CLS else terms.time_in_force.value
        order.lmtPrice, order.auxPrice = _digits(terms.limit_price), _digits(terms.stop_price)
        if order.orderType in _TRAILS:
            order.auxPrice = _digits(terms.trail_amount)
            order.trailingPercent = _digits(terms.trail_percent)
            order.trailStopPrice = _digits(terms.stop_price)
        if terms.expires_at is not None:
            order.goodTillDate = f"{terms.expires_at.astimezone(UTC):{_GTD}}"
        order.outsideRth, order.account, order.orderRef = (
            terms.extended_hours,
            self.account,
            self.ref,
        )
        order.ocaGroup, order.ocaType = self.group, _CANCEL_REST if self.group else 0
        order.parentId, order.transmit, order.whatIf = parent_id, self.transmit, what_if
        return order


def batch(ticket: Ticket) -> Sequence[Asked]:
    """The order, and what hangs on it; only the last one lets a family go, so it is all or none."""
    _check(ticket)
    head = Asked(account=ticket.account, ref=ticket.client_order_id, terms=ticket.terms)
    exits = tuple(_exits(ticket))
    if ticket.terms.order_class is OrderClass.OCO:
        return [replace(one, group=head.ref) for one in (head, *exits)]
    if not exits:
        return [head]
    group = head.ref if len(exits) > 1 else ""
    children = [replace(one, group=group, of_first=True, transmit=False) for one in exits]
    return [replace(head, transmit=False), *children[:-1], replace(children[-1], transmit=True)]


def _check(ticket: Ticket) -> None:
    """What would not be refused, but carried out as something else than was asked."""
    terms, combined = ticket.terms, bool(ticket.legs)
    trades = CAPABILITIES.trades.get(ticket.instrument.asset_class)
    outside = trades.extended_hours.get(terms.type, frozenset()) if trades else frozenset()
    if terms.quantity is None:
        raise InvalidTicket("Interactive Brokers takes quantities here, not amounts of money")
    if terms.extended_hours and terms.time_in_force not in outside:
        # Notice 2109: the order would be placed for regular hours.
        raise InvalidTicket("Interactive Brokers ignores extended hours for such orders")
    if combined is not (terms.type is OrderType.NET) and not (
        combined and terms.type is OrderType.MARKET
    ):
        raise InvalidTicket("a combination has a net price, and nothing else has")
    family = terms.order_class in _FAMILIES
    if family and terms.time_in_force not in {TimeInForce.DAY, TimeInForce.GTC}:
        raise InvalidTicket("orders that hang together live for the day or until canceled")
    if terms.order_class is OrderClass.OCO and terms.type is not OrderType.LIMIT:
        raise InvalidTicket("an OCO takes its profit by a limit")


def _exits(ticket: Ticket) -> list[Asked]:
    exits, terms = ticket.exits or Exits(), ticket.terms
    oco = terms.order_class is OrderClass.OCO
    out = terms.side if oco else _other(terms.side)
    found: list[Asked] = []
    if exits.take_profit is not None and not oco:
        found.append(_exit(ticket, "profit", out, OrderType.LIMIT, limit=exits.take_profit))
    if exits.stop_loss is not None:
        kind = OrderType.STOP if exits.stop_limit is None else OrderType.STOP_LIMIT
        found.append(_exit(ticket, "loss", out, kind, limit=exits.stop_limit, stop=exits.stop_loss))
    return found


def _exit(
    ticket: Ticket,
    name: str,
    side: OrderSide,
    kind: OrderType,
    *,
    limit: Decimal | None = None,
    stop: Decimal | None = None,
) -> Asked:
    terms = Terms(
        side=side,
        type=kind,
        time_in_force=ticket.terms.time_in_force,
        quantity=ticket.terms.quantity,
        limit_price=limit,
        stop_price=stop,
        extended_hours=ticket.terms.extended_hours,
        expires_at=ticket.terms.expires_at,
    )
    return Asked(account=ticket.account, ref=f"{ticket.client_order_id}.{name}", terms=terms)


def _other(side: OrderSide) -> OrderSide:
    return OrderSide.SELL if side is OrderSide.BUY else OrderSide.BUY


def _type(terms: Terms) -> str:
    table = words.AT_CLOSE if terms.time_in_force is TimeInForce.CLS else words.TYPE_WORDS
    if terms.type not in table:
        raise InvalidTicket(f"Interactive Brokers takes no {terms.type} orders like this")
    return table[terms.type]


def _digits(amount: Decimal | None) -> str:
    return "" if amount is None else plain(amount)


def terms_of(order: said.Order, order_class: OrderClass) -> Terms:
    """What an order asks for; of another one's words what is not known is OTHER."""
    side = words.SIDE.get(order.action)
    if side is None:
        raise Unintelligible("the order has no readable side")
    kind = words.TYPE.get(order.type, OrderType.OTHER)
    if order_class is OrderClass.MULTI_LEG and kind is OrderType.LIMIT:
        kind = OrderType.NET
    trails = order.type in _TRAILS
    return Terms(
        side=side,
        type=kind,
        time_in_force=_time(order),
        order_class=order_class,
        quantity=_quantity(order),
        notional=None if _quantity(order) else order.cash,
        limit_price=order.limit if order.type in _LIMITS else None,
        stop_price=order.trail_stop if trails else order.aux if order.type in _STOPS else None,
        trail_amount=order.aux or None if trails and not order.trail_percent else None,
        trail_percent=order.trail_percent or None if trails else None,
        extended_hours=order.outside_rth,
        expires_at=moment_of(order.good_till),
    )


def _quantity(order: said.Order) -> Decimal | None:
    """A completed order's is zero and what it filled is apart."""
    return order.quantity or order.filled or None


def _time(order: said.Order) -> TimeInForce:
    if order.type in words.CLOSING:
        return TimeInForce.CLS
    return words.TIME.get(order.tif, TimeInForce.OTHER)


def same(order: said.Order, terms: Terms) -> bool:
    """Whether an order is as these terms want it."""
    now = terms_of(order, terms.order_class)
    return (now.quantity, now.limit_price, now.stop_price, now.trail_amount, now.trail_percent) == (
        terms.quantity,
        terms.limit_price,
        terms.stop_price if now.trail_amount is None or terms.stop_price else now.stop_price,
        terms.trail_amount,
        terms.trail_percent,
    )


_FORMS = ("%Y%m%d %H:%M:%S", "%Y%m%d-%H:%M:%S", "%Y%m%d  %H:%M:%S", "%Y%m%d")


def moment_of(text: str) -> datetime | None:
    """A time as a Gateway writes it: with a zone of the tz database, or in UTC; else None.

    Older ones leave the zone out, and mean the machine's, which is to be UTC.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    parts = text.split()
    zone = UTC
    if parts and parts[-1][:1].isalpha():
        try:
            zone = ZoneInfo(parts.pop())  # type: ignore[assignment]  # both are time zones
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return None
    for form in _FORMS:
        try:
            return datetime.strptime(" ".join(parts), form).replace(tzinfo=zone).astimezone(UTC)
        except ValueError:
            continue
    return None
