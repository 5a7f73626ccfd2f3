"""Order truth: the join of everything that was ever said about an order, whatever came first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum
from operator import attrgetter

from domain.instrument import Instrument
from domain.money import ZERO
from domain.order import ExecType, Execution, Leg, OrderStatus, Terms

_DAWN = datetime.min.replace(tzinfo=UTC)

# FIX 5.0 SP2, appendix D: which status is shown when two are said of the same moment.
_PRECEDENCE: Mapping[OrderStatus, int] = {
    OrderStatus.PENDING_CANCEL: 12,
    OrderStatus.PENDING_REPLACE: 11,
    OrderStatus.DONE_FOR_DAY: 10,
    OrderStatus.CALCULATED: 9,
    OrderStatus.FILLED: 8,
    OrderStatus.STOPPED: 7,
    OrderStatus.SUSPENDED: 6,
    OrderStatus.CANCELED: 5,
    OrderStatus.EXPIRED: 5,
    OrderStatus.PARTIALLY_FILLED: 4,
    OrderStatus.NEW: 3,
    OrderStatus.ACCEPTED_FOR_BIDDING: 3,
    OrderStatus.REJECTED: 2,
    OrderStatus.PENDING_NEW: 1,
    OrderStatus.REPLACED: 1,
    OrderStatus.UNKNOWN: 0,
}


class Source(IntEnum):
    """How a report reached us; the higher wins where the broker gives no time."""

    POLL = 1
    REPLY = 2
    STREAM = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When something was said: by the broker's clock, else by source and arrival."""

    time: datetime | None
    source: Source
    arrival: datetime

    @property
    def rank(self) -> tuple[datetime, int, datetime]:
        """Later is greater; a timed fact outranks an untimed one.

        Source and arrival order only what has no time, so that timed facts commute.
        """
        if self.time is not None:
            return (self.time, 0, _DAWN)
        return (_DAWN, int(self.source), self.arrival)

    @property
    def repeatable(self) -> "Stamp":
        """The same for every repetition: a broker that says a thing twice says nothing new."""
        source = self.source if self.time is None else Source.POLL
        return Stamp(time=self.time, source=source, arrival=_DAWN)

    @property
    def moment(self) -> datetime:
        """The broker's time, else when it reached us."""
        return self.arrival if self.time is None else self.time


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """An order as a broker described it once; `account` is the institution's account id.

    `stamp.time` dates this description, not the order. `filled_quantity` is what was filled under
    this broker id: where a broker carries fills over to a replacement, the adapter takes them off,
    and the replacement's quantity is what was still to be filled. `execution` is the fill that the
    message brought, if it brought one; `busted` names executions that it takes back.
    """

    account: str
    broker_order_id: str
    client_order_id: str | None
    instrument: Instrument
    terms: Terms
    status: OrderStatus
    raw_status: str
    stamp: Stamp
    filled_quantity: Decimal = ZERO
    average_price: Decimal | None = None
    working: bool | None = None
    submitted_at: datetime | None = None
    execution: Execution | None = None
    exec_type: ExecType | None = None
    busted: tuple[str, ...] = ()
    replaces: str | None = None
    replaced_by: str | None = None
    parent: str | None = None
    legs: tuple[Leg, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The soft part of the latest report: what a later one may change."""

    stamp: Stamp
    status: OrderStatus
    raw_status: str
    terms: Terms
    working: bool | None
    filled_quantity: Decimal
    average_price: Decimal | None
    reason: str | None

    @property
    def rank(self) -> tuple[object, ...]:
        """Time, then fills, then FIX precedence."""
        return (self.stamp.rank, self.filled_quantity, _PRECEDENCE[self.status])

    @property
    def rest(self) -> str:
        """What makes the rank total, so that two orders of arrival agree."""
        return repr(_content(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known of one broker order id. `join` only ever adds.

    `said` is the latest word; `furthest` the one that claimed the most units filled, so that a
    late report never takes a fill back.
    """

    said: Said
    furthest: Said
    terminal: frozenset[OrderStatus] = frozenset()
    executions: Mapping[str, Execution] = field(default_factory=dict)
    busted: frozenset[str] = frozenset()


def said_of(report: OrderReport) -> Said:
    """Its soft part."""
    return Said(
        stamp=report.stamp,
        status=report.status,
        raw_status=report.raw_status,
        terms=report.terms,
        working=report.working,
        filled_quantity=report.filled_quantity,
        average_price=report.average_price,
        reason=report.reason,
    )


def facts_of(report: OrderReport) -> Facts:
    """What one report contributes."""
    said, execution = said_of(report), report.execution
    return Facts(
        said=said,
        furthest=said,
        terminal=frozenset({report.status} if report.status.terminal else ()),
        executions={} if execution is None else {execution.execution_id: execution},
        busted=frozenset(report.busted),
    )


def join(one: Facts, other: Facts) -> Facts:
    """Both together: commutative, associative, idempotent."""
    executions = dict(one.executions)
    for key, execution in other.executions.items():
        known = executions.get(key)
        executions[key] = execution if known is None else max(known, execution, key=_revision)
    return Facts(
        said=_latest(one.said, other.said),
        furthest=_furthest(one.furthest, other.furthest),
        terminal=one.terminal | other.terminal,
        executions=executions,
        busted=one.busted | other.busted,
    )


def _latest(one: Said, other: Said) -> Said:
    first, second = one.rank, other.rank
    if first == second:
        return one if _content(one) == _content(other) else max(one, other, key=_rest)
    return one if first > second else other


def _furthest(one: Said, other: Said) -> Said:
    if one.filled_quantity == other.filled_quantity:
        return _latest(one, other)
    return one if one.filled_quantity > other.filled_quantity else other


_rest = attrgetter("rest")
_content = attrgetter("raw_status", "terms", "working", "average_price", "reason")


def _revision(execution: Execution) -> tuple[int, bool, str]:
    """What it cost may be told after it, and then is known."""
    return (execution.revision, execution.commission is not None, repr(execution))
