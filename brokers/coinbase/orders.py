"""Coinbase's orders as reports: as REST has them, as the user channel does, as just placed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from brokers.coinbase import words
from brokers.coinbase.symbols import pair_of
from brokers.wire import Row
from domain.errors import Unintelligible
from domain.facts import OrderReport, Source, Stamp
from domain.money import ZERO
from domain.order import OrderClass, OrderStatus, OrderType, Terms, TimeInForce
from domain.ticket import Ticket

# Go's zero time, which is sent for a time that there is none of.
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Whose orders a message tells of, how it reached us and when."""

    account: str
    source: Source
    at: datetime


def report(row: Row, heard: Heard) -> OrderReport:
    """An order as REST has it.

    Raises Unintelligible where there is no id, product or side to go by: an order that we cannot
    read is not one that is gone. A time of the last update is documented since 2026; where it is
    missing the description is dated by when it was asked for.
    """
    filled = _filled(row, "filled_size")
    status, working = _status(row.text("status"), filled)
    return OrderReport(
        account=heard.account,
        broker_order_id=row.need_text("order_id"),
        client_order_id=row.text("client_order_id"),
        instrument=pair_of(row.need_text("product_id"), row.text("product_type")),
        terms=terms(row),
        status=status,
        raw_status=row.text("status") or "",
        stamp=Stamp(
            time=moment(row, "last_update_time") or heard.at, source=heard.source, arrival=heard.at
        ),
        filled_quantity=filled,
        average_price=_price(row, "average_filled_price", filled),
        working=working,
        submitted_at=moment(row, "created_time"),
        reason=_reason(row),
    )


def update(row: Row, heard: Heard, at: datetime, known: Terms) -> OrderReport:
    """An order as the user channel has it at a moment: cumulative, with no word on its terms.

    What is left of a canceled order is told as 0, so its quantity cannot be worked out of it.
    """
    filled = _filled(row, "cumulative_quantity")
    status, working = _status(row.text("status"), filled)
    return OrderReport(
        account=heard.account,
        broker_order_id=row.need_text("order_id"),
        client_order_id=row.text("client_order_id"),
        instrument=pair_of(row.need_text("product_id"), row.text("product_type")),
        terms=known,
        status=status,
        raw_status=row.text("status") or "",
        stamp=Stamp(time=at, source=heard.source, arrival=heard.at),
        filled_quantity=filled,
        average_price=_price(row, "avg_price", filled),
        working=working,
        submitted_at=moment(row, "creation_time"),
        reason=row.words("reject_reason") or row.words("cancel_reason") or None,
    )


def differs(row: Row, known: Terms) -> bool:
    """Whether an update of a working order shows that its terms are not what was known."""
    leaves, filled = row.amount("leaves_quantity"), row.amount("cumulative_quantity")
    limit = row.amount("limit_price")
    if limit is not None and limit != known.limit_price:
        return True
    if not leaves or known.quantity is None:
        return False
    return leaves + (filled or ZERO) != known.quantity


def terms(row: Row) -> Terms:
    """What was asked for, with the last edit that took effect; OTHER where no word is known."""
    name, asked = _configuration(row)
    side = words.SIDE.get(row.text("side") or "")
    if side is None:
        raise Unintelligible("the order has no readable side")
    kind, life = words.CONFIGURATION.get(name, (_type(row), _life(row)))
    bracket = name in words.BRACKETS
    quantity = asked.amount("base_size")
    found = Terms(
        side=side,
        type=kind,
        time_in_force=life,
        order_class=OrderClass.OCO if bracket else OrderClass.SIMPLE,
        quantity=quantity,
        notional=None if quantity is not None else asked.amount("quote_size"),
        limit_price=asked.amount("limit_price"),
        stop_price=asked.amount("stop_price", "stop_trigger_price"),
        expires_at=moment(asked, "end_time"),
    )
    return _edited(row, found)


def moment(row: Row, name: str) -> datetime | None:
    """A time, None where it is empty or the zero time."""
    at = row.moment(name)
    return None if at is None or at <= _NEVER else at


def placed(ticket: Ticket, broker_order_id: str, heard: Heard) -> OrderReport:
    """The answer to a placement as a report: it has an id and says nothing of how it stands.

    Undated, so that whatever else is heard of the order speaks before it.
    """
    return OrderReport(
        account=ticket.account,
        broker_order_id=broker_order_id,
        client_order_id=ticket.client_order_id,
        instrument=ticket.instrument,
        terms=ticket.terms,
        status=OrderStatus.PENDING_NEW,
        raw_status="",
        stamp=Stamp(time=None, source=heard.source, arrival=heard.at),
        working=False,
        submitted_at=heard.at,
    )


def _configuration(row: Row) -> tuple[str, Row]:
    """Exactly one is sent; the documentation's examples show all of them, or none."""
    every = row.row("order_configuration")
    names = [] if every is None else [name for name in every if every.row(name)]
    if every is None or not names:
        return "", Row({}, "the order configuration")
    return names[0], every.row(names[0]) or every


def _type(row: Row) -> OrderType:
    return words.TYPE.get(row.text("order_type") or "", OrderType.OTHER)


def _life(row: Row) -> TimeInForce:
    return words.TIME_IN_FORCE.get(row.text("time_in_force") or "", TimeInForce.OTHER)


def _edited(row: Row, asked: Terms) -> Terms:
    """Whether the configuration shows an edit is not documented: the history of edits does."""
    edits = [(at, edit) for edit in row.rows("edit_history") for at in _accepted(edit)]
    if not edits:
        return asked
    _, last = max(edits, key=lambda each: each[0])
    return replace(
        asked,
        quantity=last.amount("size") or asked.quantity,
        limit_price=last.amount("price") or asked.limit_price,
    )


def _accepted(edit: Row) -> Iterator[datetime]:
    """When it took effect, if it did."""
    if (at := moment(edit, "replace_accept_timestamp")) is not None:
        yield at


def _status(word: str | None, filled: Decimal) -> tuple[OrderStatus, bool | None]:
    """What failed after it had filled in part was not rejected."""
    status, working = words.STATUS.get(word or "", (OrderStatus.UNKNOWN, None))
    if filled and status is OrderStatus.REJECTED:
        return OrderStatus.CANCELED, None
    if filled and status is OrderStatus.NEW:
        return OrderStatus.PARTIALLY_FILLED, working
    return status, working


def _filled(row: Row, name: str) -> Decimal:
    """Before anything happened there may be none; one that cannot be read is Unintelligible."""
    return ZERO if row.text(name) is None else row.need_amount(name)


def _price(row: Row, name: str, filled: Decimal) -> Decimal | None:
    """Before the first fill it is told as 0."""
    return row.figure(name) if filled else None


def _reason(row: Row) -> str | None:
    """The broker's words, else its reason where there is one."""
    reason = row.words("reject_reason")
    unsaid = "" if reason == "REJECT_REASON_UNSPECIFIED" else reason
    return row.words("reject_message") or row.words("cancel_message") or unsaid or None
