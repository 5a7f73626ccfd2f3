"""Where all that brokers say comes in: merged with what is known, journalled if it matters."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Self

from domain.account import AccountValuation, Balance
from domain.changes import CashChange, Change, ChangeKind, HoldingChange
from domain.connection import ConnectionState
from domain.drift import Drift
from domain.equity import EquityTold
from domain.events import Event, Snapshot
from domain.facts import OrderReport
from domain.holding import Holding, Mark
from domain.ids import AccountId, ConnectionId, InstrumentId, OrderId, UserId, ordered_id
from domain.order import Order
from domain.transaction import Reading, TransactionsRead
from store import accounts, equity, transactions
from store.book import About, Book, Entry, broker_ids, newest_id
from store.codec import decode, encode
from store.leases import Fence, unfenced
from store.merge import Identity, KnownHolding, merge_holdings, merge_order, order_event
from store.models import AccountRow, HoldingRow, MarkRow, OrderRow
from store.unit import Unit
from store.writer import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of an event; all empty if it was another connection's to tell.

    `again`: something changed after the snapshot was begun, so another is needed. `missing`:
    broker ids of orders that are open here and that the snapshot did not list. `incomplete`:
    orders with units filled that no execution explains yet. `moved`: orders whose status, fills or
    terms are others now than were known.
    """

    account_id: AccountId | None = None
    changes: tuple[Change, ...] = ()
    valuation: AccountValuation | None = None
    marks: tuple[Mark, ...] = ()
    again: bool = False
    missing: tuple[str, ...] = ()
    incomplete: tuple[OrderId, ...] = ()
    moved: tuple[Order, ...] = ()


# Told, inside the transaction, of every report that was taken in for an account.
Seen = Callable[[Unit, AccountId, Sequence[OrderReport]], Awaitable[None]]


async def unseen(unit: Unit, account: AccountId, reports: Sequence[OrderReport]) -> None:
    """Nobody waits for an order to appear."""


class Ledger:
    """The one door through which stream, poll, snapshot and the reply to an order come."""

    def __init__(self, writer: Writer, *, seen: Seen = unseen, fence: Fence = unfenced) -> None:
        self._writer, self._seen, self._fence = writer, seen, fence

    def fenced(self, fence: Fence) -> Self:
        """The same for whoever writes only while the fence lets it."""
        return type(self)(self._writer, seen=self._seen, fence=fence)

    async def record(self, user: UserId, connection: ConnectionId, event: Event) -> Recorded:
        """Take in an event; the same one again changes nothing and journals nothing."""

        async def job(unit: Unit) -> Recorded:
            await self._fence(unit)
            before = len(unit.changes)
            recorded = await _take(unit, connection, event)
            if recorded.account_id is not None:
                await self._seen(unit, recorded.account_id, _reports(event))
            return replace(recorded, changes=tuple(unit.changes[before:]))

        return await self._writer.write(user, job, about=_about(connection, event))

    async def drifted(self, user: UserId, connection: ConnectionId, found: Sequence[Drift]) -> None:
        """Journal what a stream kept silent of; what was found is recorded already."""

        async def job(unit: Unit) -> None:
            await self._fence(unit)
            for each in found:
                unit.change(ChangeKind.DRIFT, each, connection=connection, account=each.account_id)

        await self._writer.write(user, job)

    async def reading(self, connection: ConnectionId, number: str) -> Reading | None:
        """How far an account's transactions are read; None if it is another connection's to do."""
        row = await AccountRow.get_or_none(connection_id=connection, number=number)
        if row is None:
            return None
        return decode(Reading, row.reading) if row.reading else Reading()

    async def newest_equity(self, connection: ConnectionId, number: str) -> datetime | None:
        """When the account's worth was last kept, None if it never was."""
        return await equity.newest(connection, number)


def _about(connection: ConnectionId, event: Event) -> About:
    number = event.account.number if isinstance(event, Snapshot) else event.account
    names = frozenset(name for report in _reports(event) for name in broker_ids(report))
    return About(connection=connection, account=number, names=names)


def _reports(event: Event) -> Sequence[OrderReport]:
    if isinstance(event, OrderReport):
        return (event,)
    return event.orders if isinstance(event, Snapshot) else ()


async def _take(unit: Unit, connection: ConnectionId, event: Event) -> Recorded:
    book = Book.of(unit)
    link = await book.connection(unit.user, connection)
    if link is None or link.health.state is ConnectionState.DISCONNECTED:
        return Recorded()
    account = await accounts.seen(unit, book, link, event.account)
    if account is None:
        return Recorded()
    if isinstance(event, Snapshot):
        return await _take_snapshot(unit, book, account, event)
    if isinstance(event, TransactionsRead):
        await transactions.take(unit, account, event)
        return Recorded(account_id=AccountId(account.id))
    if isinstance(event, EquityTold):
        await equity.take(unit, account, event)
        return Recorded(account_id=AccountId(account.id))
    taken = await _take_order(unit, book, account, event, unit.now)
    return Recorded(
        account_id=AccountId(account.id), incomplete=_incomplete([taken]), moved=_moved([taken])
    )


@dataclass(frozen=True, slots=True)
class _Taken:
    """An order as it now is, and whether the report moved it."""

    order: Order
    moved: bool


_gist = attrgetter("status", "filled_quantity", "terms")


async def _take_order(
    unit: Unit, book: Book, account: AccountRow, report: OrderReport, changed_at: datetime
) -> _Taken:
    entry = await book.order_of(account, report)
    before = entry.known if entry else None
    identity = Identity(
        id=before.order.id if before else OrderId(ordered_id(unit.now)),
        account=AccountId(account.id),
        connection=ConnectionId(account.connection_id),
    )
    after = merge_order(before, report, identity)
    taken = _Taken(after.order, moved=before is None or _gist(before.order) != _gist(after.order))
    if before == after:
        return taken
    event = order_event(before, after, report.exec_type, unit.now)
    if event is not None:
        unit.change(
            ChangeKind.ORDER, event, connection=identity.connection, account=identity.account
        )
    elif entry is not None:
        changed_at = entry.changed_at
    book.put(unit.user, after, changed_at)
    return taken


def _incomplete(orders: Iterable[_Taken]) -> tuple[OrderId, ...]:
    return tuple(each.order.id for each in orders if each.order.unattributed_quantity > 0)


def _moved(orders: Iterable[_Taken]) -> tuple[Order, ...]:
    return tuple(each.order for each in orders if each.moved)


async def _take_snapshot(
    unit: Unit, book: Book, account: AccountRow, snapshot: Snapshot
) -> Recorded:
    """Orders join whatever their age; the rest of an overtaken snapshot has nothing to say."""
    account_id, since = AccountId(account.id), snapshot.started_at
    open_before = await book.open_orders(account_id)
    again = await _orders_changed(account_id, since)
    orders = [await _take_order(unit, book, account, each, since) for each in snapshot.orders]
    recorded = Recorded(
        account_id=account_id,
        again=again,
        missing=_missing(open_before, snapshot),
        incomplete=_incomplete(orders),
        moved=_moved(orders),
    )
    if account.observed_at is not None and account.observed_at > since:
        return recorded
    account.observed_at = since
    left_alone = await _take_holdings(unit, account, snapshot)
    _take_balances(unit, account, snapshot)
    unit.observe()
    account.valuation = encode(snapshot.valuation)
    await account.save(update_fields=["observed_at", "balances", "valuation"])
    await _keep_marks(unit, account, snapshot.marks)
    return replace(
        recorded,
        again=again or left_alone,
        valuation=snapshot.valuation,
        marks=snapshot.marks,
    )


async def _orders_changed(account: AccountId, since: datetime) -> bool:
    """Whether the stream told of an order after the snapshot was begun: holdings may lag it."""
    return await OrderRow.filter(account_id=account, changed_at__gt=since).exists()


def _missing(open_before: Sequence[Entry], snapshot: Snapshot) -> tuple[str, ...]:
    """What was open when the snapshot was begun, and is not in it; absence proves nothing."""
    reports = (*snapshot.orders, *snapshot.settled)
    listed = {name for report in reports for name in broker_ids(report)}
    return tuple(
        sought
        for entry in open_before
        if entry.changed_at <= snapshot.started_at
        for sought in [newest_id(entry.known.links)]
        if sought not in listed
    )


async def _take_holdings(unit: Unit, account: AccountRow, snapshot: Snapshot) -> bool:
    """True if something was left alone because it changed after the snapshot was begun."""
    rows = await HoldingRow.filter(account_id=account.id)
    known = {
        InstrumentId(row.instrument_id): KnownHolding(
            holding=decode(Holding, row.value), changed_at=row.changed_at
        )
        for row in rows
    }
    merged = merge_holdings(known, snapshot.holdings, snapshot.started_at)
    await keep_holdings(unit, account, merged.changed, snapshot.started_at)
    return merged.again


async def keep_holdings(
    unit: Unit, account: AccountRow, holdings: Sequence[Holding], changed_at: datetime
) -> None:
    """Write and journal holdings as they now are."""
    owner, connection = AccountId(account.id), ConnectionId(account.connection_id)
    rows = []
    for holding in holdings:
        change = HoldingChange(account_id=owner, holding=holding)
        unit.change(ChangeKind.HOLDING, change, connection=connection, account=owner)
        row = HoldingRow(
            user_id=unit.user,
            account_id=owner,
            instrument_id=holding.instrument.id,
            held=holding.quantity != 0,
            changed_at=changed_at,
            value=encode(holding),
        )
        rows.append(row)
    if rows:
        await HoldingRow.bulk_create(
            rows,
            on_conflict=["account_id", "instrument_id"],
            update_fields=["held", "changed_at", "value"],
        )


def _take_balances(unit: Unit, account: AccountRow, snapshot: Snapshot) -> None:
    known = decode(tuple[Balance, ...], account.balances) if account.balances else None
    seen = tuple(sorted(snapshot.balances, key=lambda balance: balance.currency))
    if known == seen:
        return
    account.balances = encode(seen)
    owner, connection = AccountId(account.id), ConnectionId(account.connection_id)
    change = CashChange(account_id=owner, balances=seen)
    unit.change(ChangeKind.CASH, change, connection=connection, account=owner)


async def _keep_marks(unit: Unit, account: AccountRow, marks: Sequence[Mark]) -> None:
    rows = [
        MarkRow(
            user_id=unit.user,
            connection_id=account.connection_id,
            instrument_id=mark.instrument_id,
            value=encode(mark),
        )
        for mark in {mark.instrument_id: mark for mark in marks}.values()
    ]
    if rows:
        await MarkRow.bulk_create(
            rows, on_conflict=["connection_id", "instrument_id"], update_fields=["value"]
        )
