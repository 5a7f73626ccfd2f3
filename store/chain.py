"""An order across its broker ids: each link joined alone, then folded to one order. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

from domain.facts import Facts, OrderReport, Said, facts_of, join
from domain.money import EXACT, ZERO, times, total
from domain.order import Execution, OrderStatus, Terms
from domain.sums import Sum, summed


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What is known of one broker order id, and which ids it came from and went to."""

    broker_order_id: str
    facts: Facts
    replaces: str | None = None
    replaced_by: str | None = None


def attach(links: Sequence[Link], report: OrderReport) -> tuple[Link, ...]:
    """The chain with what the report adds, oldest link first."""
    new = Link(
        broker_order_id=report.broker_order_id,
        facts=facts_of(report),
        replaces=report.replaces,
        replaced_by=report.replaced_by,
    )
    by_id = {link.broker_order_id: link for link in links}
    known = by_id.get(new.broker_order_id)
    by_id[new.broker_order_id] = new if known is None else _joined(known, new)
    return _in_order(by_id)


def _joined(known: Link, new: Link) -> Link:
    facts = join(known.facts, new.facts)
    return replace(
        known,
        # A mere repetition leaves everything as it was, so that nothing is written for it.
        facts=known.facts if _said_before(facts, known.facts) else facts,
        replaces=known.replaces or new.replaces,
        replaced_by=new.replaced_by or known.replaced_by,
    )


def _said_before(facts: Facts, known: Facts) -> bool:
    """Whether they differ in nothing but how and when each thing was heard."""
    return (
        _hard(facts) == _hard(known)
        and repeats(facts.said, known.said)
        and repeats(facts.furthest, known.furthest)
    )


def repeats(one: Said, other: Said) -> bool:
    """Whether it says the same again, however and whenever it was heard."""
    return one is other or (
        _soft(one) == _soft(other) and one.stamp.repeatable == other.stamp.repeatable
    )


_hard = attrgetter("terminal", "executions", "busted")
_soft = attrgetter(*(each.name for each in fields(Said) if each.name != "stamp"))


def _in_order(by_id: dict[str, Link]) -> tuple[Link, ...]:
    """Each after the one that it replaces; ids break ties, so that arrival does not matter."""
    if len(by_id) == 1:
        return tuple(by_id.values())

    def depth(link: Link, seen: frozenset[str] = frozenset()) -> int:
        before = _predecessor(link, by_id)
        if before is None or before.broker_order_id in seen:
            return 0
        return 1 + depth(before, seen | {link.broker_order_id})

    return tuple(sorted(by_id.values(), key=lambda link: (depth(link), link.broker_order_id)))


def _predecessor(link: Link, by_id: dict[str, Link]) -> Link | None:
    if link.replaces in by_id:
        return by_id[link.replaces]
    heirs = (other for other in by_id.values() if other.replaced_by == link.broker_order_id)
    return min(heirs, key=lambda other: other.broker_order_id, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """What the links of an order add up to."""

    broker_order_id: str
    earlier: tuple[str, ...]
    terms: Terms
    status: OrderStatus
    raw_status: str
    working: bool | None
    filled: Decimal
    average_price: Decimal | None
    executions: tuple[Execution, ...]
    reason: str | None
    updated_at: datetime


def fold(links: Sequence[Link]) -> Fold:
    """One order: the last link that was not refused speaks, fills count wherever they happened."""
    sums = [summed(link.facts) for link in links]
    place = _head(sums)
    head, now = links[place], sums[place]
    said, others = head.facts.said, [link for link in links if link is not head]
    before = total([each.filled for each in sums if each is not now])
    quantity = said.terms.quantity
    whole = None if quantity is None else EXACT.add(quantity, before)
    return Fold(
        broker_order_id=head.broker_order_id,
        earlier=tuple(link.broker_order_id for link in others),
        terms=said.terms if whole == quantity else replace(said.terms, quantity=whole),
        status=_status(head, now.status, links),
        raw_status=said.raw_status,
        working=said.working,
        filled=EXACT.add(before, now.filled),
        average_price=_average(sums),
        executions=_executions(sums),
        reason=said.reason,
        updated_at=max(link.facts.said.stamp.moment for link in links),
    )


def _head(sums: Sequence[Sum]) -> int:
    """The newest link, unless it was rejected, which leaves the one before it working."""
    for place in reversed(range(len(sums))):
        if sums[place].status is not OrderStatus.REJECTED:
            return place
    return 0


def _status(head: Link, current: OrderStatus, links: Sequence[Link]) -> OrderStatus:
    """A replaced link whose successor has not been seen yet is not the order's end."""
    heir_seen = any(link.broker_order_id == head.replaced_by for link in links)
    if current is OrderStatus.REPLACED and head.replaced_by is not None and not heir_seen:
        return OrderStatus.PENDING_REPLACE
    return current


def _executions(sums: Sequence[Sum]) -> tuple[Execution, ...]:
    if len(sums) == 1:
        return sums[0].executions
    kept = {each.execution_id: each for one in sums for each in one.executions}
    return tuple(sorted(kept.values(), key=lambda each: (each.at, each.execution_id)))


def _average(sums: Sequence[Sum]) -> Decimal | None:
    """Weighted over the links that filled; None if one of them does not say."""
    parts = [(each.filled, each.average_price) for each in sums if each.filled]
    if len(parts) == 1:
        return parts[0][1]
    paid = ZERO
    for quantity, price in parts:
        if price is None:
            return None
        paid = EXACT.add(paid, times(quantity, price))
    quantity = total([quantity for quantity, _ in parts])
    return EXACT.divide(paid, quantity).quantize(_FINEST, context=EXACT) if quantity else None


_FINEST = Decimal("1e-9")
