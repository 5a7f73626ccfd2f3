"""Alpaca's orders as reports, and our tickets as the bodies that it takes."""

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from brokers.alpaca import words
from brokers.alpaca.symbols import combination_of, instrument_of, symbol_of
from brokers.wire import Row
from domain.errors import InvalidTicket, Unintelligible
from domain.facts import OrderReport, Source, Stamp
from domain.instrument import Instrument
from domain.money import plain
from domain.order import (
    Leg,
    OrderClass,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionEffect,
    Terms,
    TimeInForce,
)
from domain.ticket import Exits, Ticket


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Whose orders a message tells of, how it reached us and when."""

    account: str
    source: Source
    at: datetime


def reports(row: Row, heard: Heard, parent: str | None = None) -> Iterator[OrderReport]:
    """An order and then its legs, which are orders of their own with ids of their own.

    Raises Unintelligible where there is no id, symbol, side or filled quantity to go by: an order
    that we cannot read is not one that is gone.
    """
    broker_order_id = row.need_text("id")
    legs = row.rows("legs")
    status, working = words.STATUS.get(row.text("status") or "", (OrderStatus.UNKNOWN, None))
    yield OrderReport(
        account=heard.account,
        broker_order_id=broker_order_id,
        client_order_id=row.text("client_order_id"),
        instrument=_instrument(row, legs),
        terms=_terms(row),
        status=status,
        raw_status=row.text("status") or "",
        stamp=Stamp(time=row.moment("updated_at"), source=heard.source, arrival=heard.at),
        filled_quantity=row.need_amount("filled_qty"),
        average_price=row.figure("filled_avg_price"),
        working=working,
        submitted_at=row.moment("submitted_at", "created_at"),
        replaces=row.text("replaces"),
        replaced_by=row.text("replaced_by"),
        parent=parent,
        legs=tuple(_leg(leg) for leg in legs) if _is_combination(row) else (),
        reason=row.words("reject_reason") or None,
    )
    for leg in legs:
        yield from reports(leg, heard, broker_order_id)


def _is_combination(row: Row) -> bool:
    """Of a multi-leg order only the head has no symbol; its legs say mleg too."""
    return row.text("order_class") == "mleg" and row.text("symbol") is None


def _instrument(row: Row, legs: tuple[Row, ...]) -> Instrument:
    if _is_combination(row):
        return combination_of([_instrument(leg, ()) for leg in legs])
    # The oldest bodies name the asset by id alone (SDK tests, 2018).
    return instrument_of(row.need_text("symbol", "asset_id"), row.text("asset_class"))


def _side(row: Row) -> OrderSide:
    """A combination is bought, at a price that is negative for a credit."""
    word = row.text("side")
    if word is None and row.text("order_class") == "mleg":
        return OrderSide.BUY
    side = words.SIDE.get(word or "")
    if side is None:
        raise Unintelligible("the order has no readable side")
    return side


def _leg(row: Row) -> Leg:
    return Leg(
        instrument=_instrument(row, ()),
        side=_side(row),
        ratio=row.amount("ratio_qty") or Decimal(1),
        effect=words.EFFECT.get(row.text("position_intent") or ""),
    )


def _terms(row: Row) -> Terms:
    effect = words.EFFECT.get(row.text("position_intent") or "")
    time_in_force = words.TIME_IN_FORCE.get(row.text("time_in_force", "timeinforce") or "")
    return Terms(
        side=_side(row),
        type=_type(row),
        time_in_force=time_in_force or TimeInForce.OTHER,
        # Simple orders say "simple", "", or nothing at all.
        order_class=words.ORDER_CLASS.get(row.text("order_class") or "simple", OrderClass.OTHER),
        quantity=row.amount("qty"),
        notional=row.amount("notional"),
        limit_price=row.amount("limit_price"),
        stop_price=row.amount("stop_price"),
        trail_amount=row.amount("trail_price"),
        trail_percent=row.amount("trail_percent"),
        extended_hours=row.flag("extended_hours"),
        effect=effect,
        expires_at=row.moment("expires_at"),
    )


def _type(row: Row) -> OrderType:
    """A limit on a combination is a net price; legs of one have no type."""
    word = row.text("type", "order_type") or ""
    if word == "limit" and _is_combination(row):
        return OrderType.NET
    return words.TYPE.get(word, OrderType.OTHER)


_Key = TypeVar("_Key")

_TYPE_WORDS = {kind: word for word, kind in words.TYPE.items()} | {OrderType.NET: "limit"}
_TIME_WORDS = {time: word for word, time in words.TIME_IN_FORCE.items()}
_CLASS_WORDS = {kind: word for word, kind in words.ORDER_CLASS.items() if word}
_INTENTS = {
    (OrderSide.BUY, PositionEffect.OPEN): "buy_to_open",
    (OrderSide.SELL, PositionEffect.OPEN): "sell_to_open",
    (OrderSide.BUY, PositionEffect.CLOSE): "buy_to_close",
    (OrderSide.SELL, PositionEffect.CLOSE): "sell_to_close",
}


def placement(ticket: Ticket) -> Mapping[str, object]:
    """The body of a new order: every number a decimal string, as the specification has it."""
    terms = ticket.terms
    if terms.type is (OrderType.LIMIT if ticket.legs else OrderType.NET):
        raise InvalidTicket("the limit of a combination is a NET price, any other is a LIMIT")
    body: dict[str, object] = {
        "client_order_id": ticket.client_order_id,
        "type": _word(_TYPE_WORDS, terms.type),
        "time_in_force": _word(_TIME_WORDS, terms.time_in_force),
        **_amounts(
            qty=terms.quantity,
            notional=terms.notional,
            limit_price=terms.limit_price,
            stop_price=terms.stop_price,
            trail_price=terms.trail_amount,
            trail_percent=terms.trail_percent,
        ),
    }
    if terms.extended_hours:
        body["extended_hours"] = True
    if ticket.legs:
        return body | {"order_class": "mleg", "legs": [_leg_body(leg) for leg in ticket.legs]}
    if terms.order_class is not OrderClass.SIMPLE:
        body |= _contingent(ticket)
    intent = _intent(terms.side, terms.effect)
    return body | intent | {"symbol": symbol_of(ticket.instrument), "side": terms.side.lower()}


def _contingent(ticket: Ticket) -> dict[str, object]:
    """The orders that hang on this one; of an OCO, this one is the exit that takes the profit."""
    terms, exits = ticket.terms, ticket.exits or Exits()
    oco = terms.order_class is OrderClass.OCO
    profit = _amounts(limit_price=terms.limit_price if oco else exits.take_profit)
    loss = _amounts(stop_price=exits.stop_loss, limit_price=exits.stop_limit)
    return {
        "order_class": _word(_CLASS_WORDS, terms.order_class),
        **({"take_profit": profit} if profit else {}),
        **({"stop_loss": loss} if loss else {}),
    }


def replacement(old: Terms, new: Terms, client_order_id: str) -> Mapping[str, object]:
    """The body of a PATCH: what changed, and the prices, which it wants again.

    The quantity is sent only if it is another one, as fractional ones are refused there.
    """
    trail = new.trail_amount if new.trail_amount is not None else new.trail_percent
    body: dict[str, object] = {
        "client_order_id": client_order_id,
        **_amounts(
            qty=new.quantity if new.quantity != old.quantity else None,
            limit_price=new.limit_price,
            stop_price=new.stop_price,
            trail=trail,
        ),
    }
    if new.time_in_force is not old.time_in_force:
        body["time_in_force"] = _word(_TIME_WORDS, new.time_in_force)
    return body


def _amounts(**amounts: Decimal | None) -> dict[str, object]:
    return {name: plain(amount) for name, amount in amounts.items() if amount is not None}


def _leg_body(leg: Leg) -> Mapping[str, object]:
    return {
        "symbol": symbol_of(leg.instrument),
        "side": leg.side.lower(),
        "ratio_qty": plain(leg.ratio),
        **_intent(leg.side, leg.effect),
    }


def _intent(side: OrderSide, effect: PositionEffect | None) -> dict[str, object]:
    return {} if effect is None else {"position_intent": _INTENTS[side, effect]}


def _word(table: Mapping[_Key, str], key: _Key) -> str:
    """What Alpaca has no word for cannot be asked of it; its capabilities say so beforehand."""
    if key not in table:
        raise InvalidTicket(f"Alpaca takes no {key} orders")
    return table[key]
