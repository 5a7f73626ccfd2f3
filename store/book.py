"""What one transaction has read of accounts and orders, and will write back at its end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.connection import Connection
from domain.facts import OrderReport
from domain.ids import AccountId, ConnectionId, OrderId, UserId
from store.chain import Link
from store.engines import Query, Rows, Write
from store.merge import OURS, Known
from store.models import AccountRow
from store.statements import insert, moment
from store.stored_orders import StoredOrders
from store.unit import Foreseen, Group, Unit
from store.values import account_row, connection_in

# Most of what a snapshot lists is as it was at the last one, an event's order as it was written.
_STORED = StoredOrders()

_AccountKey = tuple[UserId, str, str, str]

_CONNECTIONS = "SELECT id, value FROM connection WHERE id = ANY($1)"
_ACCOUNTS = "SELECT * FROM account WHERE user_id = ANY($1) AND number = ANY($2)"
_ORDER = "o.user_id, o.connection_id, o.changed_at, o.value, o.chain"
# A subquery for each name, for PostgreSQL would else go through all links of an account whenever it
# knows too little of the table (measured 2026-11-21: 9,000 links, 6.5 ms; so 0.1).
_OF_NAMES = f"""
SELECT f.account_id, f.broker_order_id, {_ORDER}
FROM (
  SELECT a.id AS account_id, n.name AS broker_order_id, (
    SELECT l.order_id FROM order_link l WHERE l.account_id = a.id AND l.broker_order_id = n.name
  ) AS order_id
  FROM account a CROSS JOIN (SELECT unnest($3::text[]) AS name) n
  WHERE a.user_id = ANY($1) AND a.number = ANY($2)
) f JOIN order_ o ON o.id = f.order_id
"""  # noqa: S608 (our names)
_OF_ACCOUNT = f"SELECT {_ORDER} FROM order_ o WHERE o.account_id = $1 AND "  # noqa: S608 (our names)

_LINK = ("account_id", "broker_order_id", "order_id")
_PUT_LINK = insert("order_link", _LINK, unless=_LINK[:2])
_LASTING = ("id", "user_id", "account_id", "placed_at")
_CHANGING = (
    "connection_id",
    "client_order_id",
    "instrument_id",
    "open",
    "changed_at",
    "value",
    "chain",
)
_PUT_ORDER = insert("order_", (*_LASTING, *_CHANGING), unless=("id",), then=_CHANGING)


@dataclass(frozen=True, slots=True, kw_only=True)
class About(Foreseen):
    """What a job of the ledger is about, so that the first of a group can read for all."""

    connection: ConnectionId
    account: str
    names: frozenset[str] = frozenset()

    def foresee(self, group: Group) -> None:
        """All who are about something here are read for at once."""
        group.kept(Book, lambda: Book(group))


@dataclass(slots=True)
class Entry:
    """An order in the book, whose it is, and when it last changed."""

    user: UserId
    known: Known
    changed_at: datetime


class Book:
    """Reads each thing once a transaction, for all its users; `Book.of(unit)` is the one of it."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._forget()
        group.at_begin(_queries(self._to_come), self._begin)
        group.at_end(self._writes)

    @classmethod
    def of(cls, unit: Unit) -> "Book":
        """The book of the unit's transaction."""
        return unit.group.kept(cls, lambda: cls(unit.group))

    def _forget(self) -> None:
        about = self._group.about
        self._to_come: list[tuple[UserId, About]] = [
            (user, each) for user, each in about if isinstance(each, About)
        ]
        self._connections: dict[ConnectionId, Connection | None] = {}
        self._numbers: set[tuple[UserId, str]] = set()
        self._accounts: dict[_AccountKey, AccountRow] = {}
        self._made: set[AccountId] = set()
        self._links: dict[tuple[AccountId, str], OrderId | None] = {}
        self._new_links: dict[tuple[AccountId, str], OrderId] = {}
        self._orders: dict[OrderId, Entry] = {}
        self._dirty: set[OrderId] = set()

    def _begin(self, rows: Sequence[Rows]) -> None:
        self._forget()
        abouts, self._to_come = self._to_come, []
        self._take_rows(abouts, rows)

    async def flush(self) -> None:
        """Write what is waiting and read anew: the rows are about to be changed by others."""
        if writes := list(self._writes()):
            await self._group.batches.write(writes)
        self._forget()

    async def connection(self, user: UserId, id: ConnectionId) -> Connection | None:
        """The user's connection; None if there is none of this id."""
        if id not in self._connections:
            await self._read(user, About(connection=id, account=""))
        found = self._connections[id]
        return found if found and found.user_id == user else None

    def put_connection(self, connection: Connection) -> None:
        """Remember it as it now is; whoever changes one writes it too."""
        self._connections[connection.id] = connection

    async def account(self, link: Connection, number: str) -> AccountRow | None:
        """The account of this number, whichever connection it was first seen through."""
        if (link.user_id, number) not in self._numbers:
            await self._read(link.user_id, About(connection=link.id, account=number))
        return self._accounts.get((link.user_id, link.broker, link.environment.value, number))

    def add_account(self, row: AccountRow) -> None:
        """Remember one that was just made."""
        self._accounts[_key(row)] = row
        self._made.add(AccountId(row.id))

    async def order_of(self, account: AccountRow, report: OrderReport) -> Entry | None:
        """The order that a report speaks of, by any broker id in it, or by our own id."""
        owner, names = AccountId(account.id), broker_ids(report)
        if owner not in self._made and any((owner, name) not in self._links for name in names):
            await self._read_names(account, names)
        for name in names:
            found = self._links.get((owner, name))
            if found is not None:
                return self._orders[found]
        return await self._by_client_id(owner, report.client_order_id)

    async def open_orders(self, account: AccountId) -> Sequence[Entry]:
        """Every open order of an account."""
        await self._read_orders("o.open", account)
        return [each for each in self._of(account) if not each.known.order.status.terminal]

    async def changed_since(self, account: AccountId, time: datetime) -> Sequence[Entry]:
        """Every order of an account that changed then or later, over or not."""
        await self._read_orders("o.changed_at >= $2", account, time)
        return [each for each in self._of(account) if each.changed_at >= time]

    def order_id(self, account: AccountId, broker_order_id: str) -> OrderId | None:
        """The order behind a broker's id that this transaction has already come across."""
        return self._links.get((account, broker_order_id))

    def put(self, user: UserId, known: Known, changed_at: datetime) -> None:
        """Keep an order as it now is, under every broker id that it is known by."""
        order = known.order
        self._orders[order.id] = Entry(user, known, changed_at)
        self._dirty.add(order.id)
        for name in _link_names(known.links):
            key = (order.account_id, name)
            if self._links.get(key) is None:
                self._links[key] = self._new_links[key] = order.id

    def _of(self, account: AccountId) -> Iterable[Entry]:
        held = self._orders.values()
        return [each for each in held if each.known.order.account_id == account]

    async def _by_client_id(self, account: AccountId, client_id: str | None) -> Entry | None:
        """Only ours: other people's client ids need not be unique."""
        if client_id is None or not client_id.startswith(OURS):
            return None
        for entry in self._of(account):
            if entry.known.order.client_order_id == client_id:
                return entry
        found = await self._read_orders("o.client_order_id = $2", account, client_id)
        return self._orders[found[0]] if found else None

    async def _read_names(self, account: AccountRow, names: Iterable[str]) -> None:
        connection = ConnectionId(account.connection_id)
        about = About(connection=connection, account=account.number, names=frozenset(names))
        await self._read(UserId(account.user_id), about)

    async def _read(self, user: UserId, about: About) -> None:
        """One look for this and for the jobs still to come."""
        abouts, self._to_come = [*self._to_come, (user, about)], []
        self._take_rows(abouts, await self._group.batches.read(_queries(abouts)))

    def _take_rows(self, abouts: Sequence[tuple[UserId, About]], rows: Sequence[Rows]) -> None:
        connections, accounts, orders = rows
        self._take_connections((about.connection for _, about in abouts), connections)
        self._take_accounts(abouts, accounts)
        self._take_names(abouts, orders)

    def _take_connections(self, asked: Iterable[ConnectionId], rows: Rows) -> None:
        found = {row["id"]: connection_in(row["value"]) for row in rows}
        for connection in asked:
            self._connections.setdefault(connection, found.get(connection))

    def _take_accounts(self, abouts: Iterable[tuple[UserId, About]], rows: Rows) -> None:
        self._numbers.update((user, about.account) for user, about in abouts)
        for row in rows:
            account = account_row(row)
            self._accounts.setdefault(_key(account), account)

    def _take_names(self, abouts: Iterable[tuple[UserId, About]], rows: Rows) -> None:
        names: dict[tuple[UserId, str], set[str]] = {}
        for user, about in abouts:
            names.setdefault((user, about.account), set()).update(about.names)
        for account in self._accounts.values():
            for name in names.get((UserId(account.user_id), account.number), ()):
                self._links.setdefault((AccountId(account.id), name), None)
        for row in rows:
            key = (AccountId(row["account_id"]), row["broker_order_id"])
            self._links[key] = self._take(row)

    async def _read_orders(self, which: str, account: AccountId, *values: object) -> list[OrderId]:
        (rows,) = await self._group.batches.read([(_OF_ACCOUNT + which, [account, *values])])
        return [self._take(row) for row in rows]

    def _take(self, row: Mapping[str, Any]) -> OrderId:
        """What is known here already is newer."""
        known = _STORED.read(row["value"], row["chain"], row["connection_id"])
        order = known.order
        entry = Entry(row["user_id"], known, moment(row["changed_at"]))
        self._orders.setdefault(order.id, entry)
        for name in _link_names(known.links):
            self._links.setdefault((order.account_id, name), order.id)
        return order.id

    def _writes(self) -> Iterable[Write]:
        if self._dirty:
            yield _PUT_ORDER, [self._row(self._orders[order]) for order in sorted(self._dirty)]
        if self._new_links:
            yield _PUT_LINK, [(*key, order) for key, order in self._new_links.items()]

    def _row(self, entry: Entry) -> tuple[object, ...]:
        order = entry.known.order
        return (
            order.id,
            entry.user,
            order.account_id,
            order.submitted_at or self._group.now,
            order.connection_id,
            order.client_order_id,
            order.instrument.id,
            not order.status.terminal,
            entry.changed_at,
            *_STORED.write(entry.known),
        )


def _queries(abouts: Sequence[tuple[UserId, About]]) -> list[Query]:
    users = sorted({user for user, _ in abouts})
    numbers = sorted({each.account for _, each in abouts})
    names = sorted({name for _, each in abouts for name in each.names})
    return [
        (_CONNECTIONS, [sorted({each.connection for _, each in abouts})]),
        (_ACCOUNTS, [users, numbers]),
        (_OF_NAMES, [users, numbers, names]),
    ]


def _key(row: AccountRow) -> _AccountKey:
    return (UserId(row.user_id), row.broker, row.environment, row.number)


def broker_ids(report: OrderReport) -> tuple[str, ...]:
    """Every broker order id that a report mentions, its own first."""
    names = (report.broker_order_id, report.replaces, report.replaced_by)
    return tuple(name for name in names if name)


def _link_names(links: Iterable[Link]) -> set[str]:
    names: set[str] = set()
    for link in links:
        names.update(filter(None, (link.broker_order_id, link.replaces, link.replaced_by)))
    return names


def newest_id(links: Sequence[Link]) -> str:
    """The broker order id to ask for: the heir that was announced, else the newest that we saw."""
    return links[-1].replaced_by or links[-1].broker_order_id
