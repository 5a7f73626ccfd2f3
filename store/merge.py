"""What is known and what was just seen make what is known now, and the changes between. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from operator import attrgetter

from domain.facts import OrderReport
from domain.holding import Holding, gone
from domain.ids import AccountId, ConnectionId, InstrumentId, OrderId
from domain.instrument import Instrument
from domain.order import ExecType, Execution, Leg, Order, OrderEvent, OrderStatus, Origin
from store.chain import Link, attach, fold
from store.repetition import adds_nothing

# What this server's own client order ids begin with.
OURS = "bg-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An order as shown, and the facts that it stands on."""

    order: Order
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose order it is, which no report can tell."""

    id: OrderId
    account: AccountId
    connection: ConnectionId


def merge_order(known: Known | None, report: OrderReport, identity: Identity) -> Known:
    """The order with what the report adds; `known` itself if that is nothing."""
    told_by_owner = known is not None and known.order.connection_id == identity.connection
    if known and told_by_owner and adds_nothing(known.order, known.links, report):
        return known
    return merged(known, report, identity)


def merged(known: Known | None, report: OrderReport, identity: Identity) -> Known:
    """The same, found the long way."""
    links = attach(known.links if known else (), report)
    order = _derived(known.order if known else None, report, links, identity)
    if known and _shown(order) == _shown(known.order):
        order = replace(order, updated_at=known.order.updated_at)
    return Known(order=order, links=links)


def _derived(
    known: Order | None, report: OrderReport, links: Sequence[Link], identity: Identity
) -> Order:
    now = fold(links)
    client_id = _client_id(known, report, now.broker_order_id)
    return Order(
        id=identity.id,
        account_id=identity.account,
        connection_id=identity.connection,
        broker_order_id=now.broker_order_id,
        client_order_id=client_id,
        instrument=fuller(report.instrument, known.instrument if known else None),
        terms=now.terms,
        status=now.status,
        raw_status=now.raw_status,
        working=now.working,
        filled_quantity=now.filled,
        average_price=now.average_price,
        origin=Origin.HERE if client_id and client_id.startswith(OURS) else Origin.ELSEWHERE,
        submitted_at=_earlier(known.submitted_at if known else None, report.submitted_at),
        updated_at=now.updated_at,
        executions=now.executions,
        earlier_broker_ids=now.earlier,
        legs=_legs(known.legs if known else (), report.legs),
        parent_broker_id=(known.parent_broker_id if known else None) or report.parent,
        reason=now.reason,
    )


def _client_id(known: Order | None, report: OrderReport, head: str) -> str | None:
    """The id that the newest link was placed under, which changing it in place does not alter."""
    if known is not None and known.broker_order_id == head and known.client_order_id:
        return known.client_order_id
    if report.broker_order_id == head and report.client_order_id is not None:
        return report.client_order_id
    return (known.client_order_id if known else None) or report.client_order_id


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else one or other


def _legs(known: tuple[Leg, ...], seen: tuple[Leg, ...]) -> tuple[Leg, ...]:
    return max(known, seen, key=lambda legs: (len(legs), repr(legs)))


def fuller(one: Instrument, other: Instrument | None) -> Instrument:
    """Whichever of two descriptions says more, whatever came first."""
    if other is None or one == other:
        return one
    return max(one, other, key=lambda each: (_said(each), repr(each)))


def _said(instrument: Instrument) -> int:
    optional = (instrument.mic, instrument.name, instrument.figi, instrument.option)
    return sum(part is not None for part in optional)


# What a client would notice: not the time of the report, nor which connection told.
_shown = attrgetter(
    *(each.name for each in fields(Order) if each.name not in {"updated_at", "connection_id"})
)


def order_event(
    before: Known | None, after: Known, exec_type: ExecType | None, at: datetime
) -> OrderEvent | None:
    """The visible change between the two and why, None if there is none."""
    old, new = (before.order if before else None), after.order
    if old is not None and _shown(old) == _shown(new):
        return None
    added = _added(old.executions if old else (), new.executions)
    told = exec_type if exec_type and _consistent(exec_type, old, new, added) else None
    return OrderEvent(
        order=new, exec_type=told or _reason(old, new, added), at=at, executions=added
    )


def _added(old: Sequence[Execution], new: Sequence[Execution]) -> tuple[Execution, ...]:
    known = {(each.execution_id, each.revision) for each in old}
    return tuple(each for each in new if (each.execution_id, each.revision) not in known)


def _consistent(told: ExecType, old: Order | None, new: Order, added: Sequence[Execution]) -> bool:
    """Whether the stream's reason fits what became of it: a late message must not mislead."""
    if told is ExecType.TRADE:
        return bool(added) or old is None or new.filled_quantity > old.filled_quantity
    if told is ExecType.REPLACED:
        return bool(new.earlier_broker_ids) or new.status in _REPLACING
    return told not in _BY_STATUS.values() or _BY_STATUS.get(new.status) is told


def _reason(old: Order | None, new: Order, added: Sequence[Execution]) -> ExecType:
    if added or new.filled_quantity > (old.filled_quantity if old else 0):
        return ExecType.TRADE
    if old is None or new.status is not old.status:
        taken_back = old is not None and new.filled_quantity < old.filled_quantity
        by_status = _BY_STATUS.get(new.status, ExecType.ORDER_STATUS)
        return ExecType.TRADE_CANCEL if taken_back else by_status
    if new.filled_quantity < old.filled_quantity:
        return ExecType.TRADE_CANCEL
    if new.broker_order_id != old.broker_order_id:
        return ExecType.REPLACED
    return ExecType.RESTATED if new.terms != old.terms else ExecType.ORDER_STATUS


_REPLACING = frozenset({OrderStatus.REPLACED, OrderStatus.PENDING_REPLACE})
_BY_STATUS: Mapping[OrderStatus, ExecType] = {
    OrderStatus.PENDING_NEW: ExecType.PENDING_NEW,
    OrderStatus.NEW: ExecType.NEW,
    OrderStatus.DONE_FOR_DAY: ExecType.DONE_FOR_DAY,
    OrderStatus.CANCELED: ExecType.CANCELED,
    OrderStatus.REPLACED: ExecType.REPLACED,
    OrderStatus.PENDING_CANCEL: ExecType.PENDING_CANCEL,
    OrderStatus.STOPPED: ExecType.STOPPED,
    OrderStatus.REJECTED: ExecType.REJECTED,
    OrderStatus.SUSPENDED: ExecType.SUSPENDED,
    OrderStatus.CALCULATED: ExecType.CALCULATED,
    OrderStatus.EXPIRED: ExecType.EXPIRED,
    OrderStatus.PENDING_REPLACE: ExecType.PENDING_REPLACE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHolding:
    """A holding as kept, and when it last changed."""

    holding: Holding
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingsMerged:
    """What a snapshot changes; `again` if it was too old to tell of something."""

    changed: tuple[Holding, ...]
    again: bool


def merge_holdings(
    known: Mapping[InstrumentId, KnownHolding], seen: Iterable[Holding], started_at: datetime
) -> HoldingsMerged:
    """A holding that the snapshot does not list is gone; one that changed since is left alone."""
    listed = {holding.instrument.id: holding for holding in seen}
    missing = {
        instrument: gone(each.holding)
        for instrument, each in known.items()
        if instrument not in listed and each.holding.quantity != 0
    }
    changed: list[Holding] = []
    again = False
    for instrument, holding in (listed | missing).items():
        row = known.get(instrument)
        if row is not None and row.holding == holding:
            continue
        if row is not None and row.changed_at > started_at:
            again = True
        elif row is not None or holding.quantity != 0:
            changed.append(holding)
    return HoldingsMerged(changed=tuple(changed), again=again)
