"""What one transaction has read of a user's accounts and orders, and will write back at its end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.facts import OrderReport
from domain.ids import AccountId, ConnectionId, OrderId
from store.chain import Link
from store.codec import decode, encode
from store.merge import OURS, Known
from store.models import AccountRow, ConnectionRow, OrderLink, OrderRow
from store.unit import Unit
from store.values import order_of


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a job of the ledger is about, so that the first of a group can read for all."""

    account: str
    reports: tuple[OrderReport, ...]


@dataclass(slots=True)
class Entry:
    """An order in the book, and when it last changed."""

    known: Known
    changed_at: datetime


class Book:
    """Reads each thing once a transaction; `unit.kept(Book, ...)` is the one of a unit."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._connections: dict[ConnectionId, ConnectionRow | None] = {}
        self._accounts: dict[tuple[str, str, str], AccountRow] = {}
        self._links: dict[tuple[AccountId, str], OrderId | None] = {}
        self._new_links: dict[tuple[AccountId, str], OrderId] = {}
        self._orders: dict[OrderId, Entry] = {}
        self._dirty: set[OrderId] = set()
        unit.at_end(self._save)

    async def connection(self, id: ConnectionId) -> ConnectionRow | None:
        """The user's connection; None if there is none of this id."""
        if id not in self._connections:
            row = await ConnectionRow.get_or_none(id=id, user_id=self._unit.user)
            self._connections[id] = row
        return self._connections[id]

    def forget_connection(self, connection: ConnectionId) -> None:
        """Read it again when next asked: it was changed."""
        self._connections.pop(connection, None)

    async def account(self, broker: str, environment: str, number: str) -> AccountRow | None:
        """The account of this number, whichever connection it was first seen through."""
        key = (broker, environment, number)
        if key not in self._accounts:
            row = await AccountRow.get_or_none(
                user_id=self._unit.user, broker=broker, environment=environment, number=number
            )
            if row is None:
                return None
            self._accounts[key] = row
        return self._accounts[key]

    def add_account(self, row: AccountRow) -> None:
        """Remember one that was just made."""
        self._accounts[row.broker, row.environment, row.number] = row

    async def order_of(self, account: AccountRow, report: OrderReport) -> Entry | None:
        """The order that a report speaks of, by any broker id in it, or by our own id."""
        owner, names = AccountId(account.id), broker_ids(report)
        await self._read_links(account, names)
        for name in names:
            found = self._links.get((owner, name))
            if found is not None:
                return self._orders[found]
        return await self._by_client_id(owner, report.client_order_id)

    async def open_orders(self, account: AccountId) -> Sequence[Entry]:
        """Every open order of an account."""
        self._take(await OrderRow.filter(account_id=account, open=True))
        orders = ((entry, entry.known.order) for entry in self._orders.values())
        return [
            entry
            for entry, order in orders
            if order.account_id == account and not order.status.terminal
        ]

    async def changed_since(self, account: AccountId, moment: datetime) -> Sequence[Entry]:
        """Every order of an account that changed then or later, over or not."""
        self._take(await OrderRow.filter(account_id=account, changed_at__gte=moment))
        held = self._orders.values()
        return [
            each
            for each in held
            if each.known.order.account_id == account and each.changed_at >= moment
        ]

    def order_id(self, account: AccountId, broker_order_id: str) -> OrderId | None:
        """The order behind a broker's id that this unit has already come across."""
        return self._links.get((account, broker_order_id))

    def put(self, known: Known, changed_at: datetime) -> None:
        """Keep an order as it now is, under every broker id that it is known by."""
        order = known.order
        self._orders[order.id] = Entry(known, changed_at)
        self._dirty.add(order.id)
        for name in _link_names(known.links):
            key = (order.account_id, name)
            if self._links.get(key) is None:
                self._links[key] = self._new_links[key] = order.id

    async def _read_links(self, account: AccountRow, names: Iterable[str]) -> None:
        """One query for this report and for those of the jobs still to come."""
        owner = AccountId(account.id)
        if all((owner, name) in self._links for name in names):
            return
        wanted = set(names)
        for about in self._unit.about:
            if isinstance(about, About) and about.account == account.number:
                wanted.update(name for report in about.reports for name in broker_ids(report))
        wanted = {name for name in wanted if (owner, name) not in self._links}
        self._links.update(dict.fromkeys((owner, name) for name in wanted))
        rows = await OrderLink.filter(account_id=owner, broker_order_id__in=list(wanted))
        for row in rows:
            self._links[owner, row.broker_order_id] = OrderId(row.order_id)
        unread = {row.order_id for row in rows} - self._orders.keys()
        if unread:
            self._take(await OrderRow.filter(id__in=list(unread)))

    async def _by_client_id(self, account: AccountId, client_id: str | None) -> Entry | None:
        """Only ours: other people's client ids need not be unique."""
        if client_id is None or not client_id.startswith(OURS):
            return None
        for entry in self._orders.values():
            order = entry.known.order
            if order.account_id == account and order.client_order_id == client_id:
                return entry
        rows = await OrderRow.filter(account_id=account, client_order_id=client_id)
        self._take(rows)
        return self._orders[OrderId(rows[0].id)] if rows else None

    def _take(self, rows: Iterable[OrderRow]) -> None:
        for row in rows:
            known = Known(order=order_of(row), links=decode(tuple[Link, ...], row.chain))
            self._orders.setdefault(known.order.id, Entry(known, row.changed_at))
            for name in _link_names(known.links):
                self._links.setdefault((known.order.account_id, name), known.order.id)

    async def _save(self) -> None:
        if self._dirty:
            rows = [self._row(self._orders[order]) for order in sorted(self._dirty)]
            await OrderRow.bulk_create(rows, on_conflict=["id"], update_fields=_CHANGING)
        if self._new_links:
            links = [
                OrderLink(account_id=account, broker_order_id=name, order_id=order)
                for (account, name), order in self._new_links.items()
            ]
            await OrderLink.bulk_create(links, ignore_conflicts=True)

    def _row(self, entry: Entry) -> OrderRow:
        order = entry.known.order
        return OrderRow(
            id=order.id,
            user_id=self._unit.user,
            account_id=order.account_id,
            connection_id=order.connection_id,
            client_order_id=order.client_order_id,
            instrument_id=order.instrument.id,
            open=not order.status.terminal,
            placed_at=order.submitted_at or self._unit.now,
            changed_at=entry.changed_at,
            value=encode(order),
            chain=encode(entry.known.links),
        )


_CHANGING = [
    "connection_id",
    "client_order_id",
    "instrument_id",
    "open",
    "changed_at",
    "value",
    "chain",
]


def broker_ids(report: OrderReport) -> tuple[str, ...]:
    """Every broker order id that a report mentions, its own first."""
    names = (report.broker_order_id, report.replaces, report.replaced_by)
    return tuple(name for name in names if name)


def _link_names(links: Iterable[Link]) -> set[str]:
    names = ((link.broker_order_id, link.replaces, link.replaced_by) for link in links)
    return {name for each in names for name in each if name}


def newest_id(links: Sequence[Link]) -> str:
    """The broker order id to ask for: the heir that was announced, else the newest that we saw."""
    return links[-1].replaced_by or links[-1].broker_order_id
