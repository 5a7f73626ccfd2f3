"""E*TRADE's orders as reports."""

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import reduce
from math import gcd

from brokers.etrade import words
from brokers.etrade.executions import executions
from brokers.etrade.symbols import combination_of, instrument_of
from brokers.etrade.times import moment_of
from brokers.wire import Row
from domain.errors import Unintelligible
from domain.facts import OrderReport, Source, Stamp
from domain.instrument import Instrument
from domain.money import EXACT, ZERO, finest, times
from domain.order import (
    Leg,
    OrderClass,
    OrderSide,
    OrderStatus,
    OrderType,
    Terms,
    TimeInForce,
)

_SIMPLE = frozenset({"EQ", "OPTN", "MF", "MMF", "BOND"})
_FILLING = frozenset({OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Whose orders an answer tells of, how it reached us and when."""

    account: str
    source: Source
    at: datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One instrument of an order: what was asked of it and what became of that."""

    instrument: Instrument
    side: OrderSide
    leg: Leg
    quantity: Decimal | None
    filled: Decimal
    price: Decimal | None


def reports(row: Row, heard: Heard) -> Iterator[OrderReport]:
    """An order; of a conditional one, which holds several, each under the order's one id.

    Raises Unintelligible where there is no id, instrument, side or filled quantity to go by: an
    order that we cannot read is not one that is gone.
    """
    broker_order_id = row.need_text("orderId")
    details = row.rows("orderDetail")
    if not details:
        raise Unintelligible("the order has no details")
    for index, detail in enumerate(details):
        # The first keeps the id that cancels the whole; E*TRADE gives the others none.
        name = broker_order_id if index == 0 else f"{broker_order_id}#{index + 1}"
        report = _report(name, row, detail, heard)
        yield report
        if index == 0:
            for execution in executions(row, report):
                yield dataclasses.replace(report, execution=execution)


def _report(name: str, row: Row, detail: Row, heard: Heard) -> OrderReport:
    parts = _parts(detail)
    share = _share(parts)
    quantity, filled = _divided(parts[0].quantity, share), parts[0].filled
    whole = EXACT.divide(filled, share)
    raw = detail.text("status") or ""
    return OrderReport(
        account=heard.account,
        broker_order_id=name,
        client_order_id=None,
        instrument=_instrument(parts),
        terms=_terms(row, detail, parts, quantity),
        status=_status(raw, detail, quantity, whole),
        raw_status=raw,
        # Nothing says when an order was last changed, so a reading is dated by its arrival.
        stamp=Stamp(time=None, source=heard.source, arrival=heard.at),
        filled_quantity=whole,
        average_price=_average(parts, share),
        submitted_at=moment_of(detail, "placedTime"),
        replaces=_id(detail, "replacesOrderId"),
        replaced_by=_id(detail, "replacedByOrderId"),
        parent=None if name == row.text("orderId") else row.text("orderId"),
        legs=_legs(parts, share),
        reason=_reason(detail),
    )


def _parts(detail: Row) -> tuple[_Part, ...]:
    parts = tuple(_part(row) for row in detail.rows("instrument"))
    if not parts:
        raise Unintelligible("the order has no instrument")
    return parts


def _part(row: Row) -> _Part:
    word = row.text("orderAction") or ""
    if word not in words.ACTION:
        raise Unintelligible("the order has no readable side")
    side, effect = words.ACTION[word]
    instrument = instrument_of(row)
    in_money = (row.text("quantityType") or "") == "DOLLAR"
    price = row.figure("averageExecutionPrice")
    return _Part(
        instrument=instrument,
        side=side,
        leg=Leg(instrument=instrument, side=side, effect=effect),
        quantity=None if in_money else row.amount("orderedQuantity", "quantity"),
        # Only an order that has just been placed may come without it (client's mock, 2025).
        filled=row.need_amount("filledQuantity") if row.has("filledQuantity") else ZERO,
        price=price or None,
    )


def _share(parts: Sequence[_Part]) -> Decimal:
    """How much of the first leg one unit of the order has; 1 for a single instrument."""
    quantities = [part.quantity for part in parts]
    if len(parts) == 1 or any(one is None or one % 1 for one in quantities):
        return Decimal(1)
    units = _units([one for one in quantities if one is not None])
    return EXACT.divide(quantities[0] or Decimal(1), units)


def _units(quantities: Sequence[Decimal]) -> Decimal:
    return Decimal(reduce(gcd, (int(one) for one in quantities)) or 1)


def _divided(quantity: Decimal | None, share: Decimal) -> Decimal | None:
    return None if quantity is None else EXACT.divide(quantity, share)


def _instrument(parts: Sequence[_Part]) -> Instrument:
    if len(parts) == 1:
        return parts[0].instrument
    return combination_of([part.instrument for part in parts])


def _legs(parts: Sequence[_Part], share: Decimal) -> tuple[Leg, ...]:
    if len(parts) == 1:
        return ()
    units = EXACT.divide(parts[0].quantity or Decimal(1), share)
    return tuple(
        dataclasses.replace(part.leg, ratio=EXACT.divide(part.quantity or Decimal(1), units))
        for part in parts
    )


def _average(parts: Sequence[_Part], share: Decimal) -> Decimal | None:
    """Per unit; of a combination the legs' net, which a credit makes negative."""
    if len(parts) == 1:
        return parts[0].price
    if any(part.price is None or part.quantity is None for part in parts):
        return None
    units = EXACT.divide(parts[0].quantity or Decimal(1), share)
    net = ZERO
    for part in parts:
        ratio = EXACT.divide(part.quantity or ZERO, units)
        value = times(ratio, part.price or ZERO)
        net = EXACT.add(net, value if part.side is OrderSide.BUY else EXACT.minus(value))
    return finest(net)


def _status(raw: str, detail: Row, quantity: Decimal | None, filled: Decimal) -> OrderStatus:
    """Clients disagree on what the words of filling mean, so the quantities decide."""
    status = words.STATUS.get(raw, OrderStatus.UNKNOWN)
    if status is OrderStatus.CANCELED and _id(detail, "replacedByOrderId"):
        return OrderStatus.REPLACED
    if status is OrderStatus.NEW and filled > 0:
        status = OrderStatus.PARTIALLY_FILLED
    if status in _FILLING and quantity is not None:
        full = filled >= quantity
        return OrderStatus.FILLED if full else OrderStatus.PARTIALLY_FILLED
    return status


def _terms(row: Row, detail: Row, parts: Sequence[_Part], quantity: Decimal | None) -> Terms:
    word = detail.text("priceType") or ""
    kind, lives = words.PRICE_TYPE.get(word, (OrderType.OTHER, None))
    term = words.TERM.get(detail.text("orderTerm") or "", TimeInForce.OTHER)
    offset = detail.amount("offsetValue", "trailPrice", "stopPrice")
    trails = kind is OrderType.TRAILING_STOP
    in_percent = word == "TRAILING_STOP_PRCT"
    single = len(parts) == 1
    return Terms(
        # A combination is bought, at a price that is negative for a credit.
        side=parts[0].side if single else OrderSide.BUY,
        type=kind,
        time_in_force=lives or term,
        order_class=_order_class(row, single=single),
        quantity=quantity,
        notional=_notional(detail, quantity),
        limit_price=_limit(word, detail),
        stop_price=None if trails else _price(detail, "stopPrice"),
        trail_amount=offset if trails and not in_percent else None,
        trail_percent=offset if trails and in_percent else None,
        extended_hours=(detail.text("marketSession") or "") in {"EXTENDED", "EXTO"},
        effect=parts[0].leg.effect if single else None,
    )


def _order_class(row: Row, *, single: bool) -> OrderClass:
    kind = row.text("orderType") or ""
    if kind in words.COMBINATIONS or not single:
        return OrderClass.MULTI_LEG
    return OrderClass.SIMPLE if kind in _SIMPLE else OrderClass.OTHER


def _notional(detail: Row, quantity: Decimal | None) -> Decimal | None:
    return None if quantity is not None else _price(detail, "investmentAmount", "orderValue")


def _limit(word: str, detail: Row) -> Decimal | None:
    price = _price(detail, "limitPrice")
    if word == "NET_EVEN":
        return ZERO
    return EXACT.minus(price) if word == "NET_CREDIT" and price is not None else price


def _price(detail: Row, *names: str) -> Decimal | None:
    """Zero stands for none (recorded, 2021)."""
    return detail.amount(*names) or None


def _id(detail: Row, name: str) -> str | None:
    found = detail.text(name)
    return None if found in {None, "0"} else found


def _reason(detail: Row) -> str | None:
    messages = detail.row("messages")
    told = [row.words("description") for row in messages.rows("message")] if messages else []
    return "; ".join(text for text in told if text)[:200] or None


def placed_id(response: Row) -> str | None:
    """The id of what was placed: in a list, or of the answer itself (both seen, 2026)."""
    listed = (row.text("orderId") for row in response.rows("orderIds"))
    return next((one for one in listed if one is not None), response.text("orderId"))
