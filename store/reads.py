"""What is read to be shown; every method takes the user first and returns only that user's."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from tortoise.expressions import Q

from domain.account import Account, AccountValuation, Balance
from domain.audit import AuditEntry, AuditRow
from domain.changes import ChangeKind, HoldingChange
from domain.clock import utc
from domain.connection import Connection
from domain.equity import Past
from domain.holding import Holding, Mark
from domain.ids import AccountId, ConnectionId, InstrumentId, OrderId, TransactionId, UserId
from domain.instrument import Instrument
from domain.order import Order, OrderEvent
from domain.realized import Books
from domain.transaction import Reading, Transaction, TransactionChange, TransactionType
from store import equity
from store.codec import decode
from store.database import Database
from store.models import (
    AccountRow,
    AuditLine,
    ConnectionRow,
    HoldingRow,
    JournalRow,
    OrderRow,
)
from store.money_models import TransactionRow
from store.page import Page, decode_key, page
from store.standing import Standing, Standings
from store.transactions import change_of
from store.values import (
    connection_of,
    holding_of,
    order_of,
)

__all__ = ["Page", "Reads"]

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
# Few enough to let others have their turn.
_AT_ONCE = 200
_MICROSECOND = timedelta(microseconds=1)


class Reads:
    """Ids that are unknown or another's match nothing; `accounts` also serves as an allowance."""

    def __init__(self, db: Database) -> None:
        self._standings = Standings(db)

    async def connections(self, user: UserId) -> tuple[Connection, ...]:
        """Oldest first, with those that have ended."""
        rows = await ConnectionRow.filter(user_id=user).order_by("created_at", "id")
        return tuple(map(connection_of, rows))

    async def connection(self, user: UserId, id: ConnectionId) -> Connection | None:
        """One of the user's."""
        row = await ConnectionRow.get_or_none(id=id, user_id=user)
        return None if row is None else connection_of(row)

    async def accounts(
        self,
        user: UserId,
        *,
        connection: ConnectionId | None = None,
        ids: Collection[AccountId] | None = None,
    ) -> tuple[Account, ...]:
        """Those that a connection owns, or of these ids, or all."""
        standing = await self._standings.of(user)
        return tuple(
            account
            for account in standing.accounts.values()
            if (ids is None or account.id in ids)
            and (connection is None or account.connection_id == connection)
        )

    async def account(self, user: UserId, id: AccountId) -> Account | None:
        """One of the user's."""
        return (await self._standings.of(user)).accounts.get(id)

    async def balances(
        self, user: UserId, ids: Collection[AccountId]
    ) -> Mapping[AccountId, tuple[Balance, ...]]:
        """By account; one that was never seen is left out."""
        known = (await self._standings.of(user)).balances
        return {account: known[account] for account in ids if account in known}

    async def valuations(
        self, user: UserId, ids: Collection[AccountId]
    ) -> Mapping[AccountId, AccountValuation]:
        """By account; one that was never seen is left out."""
        known = (await self._standings.of(user)).valuations
        return {account: known[account] for account in ids if account in known}

    async def standing(self, user: UserId) -> Standing:
        """All that the user owns at once; the same object for as long as nothing has changed."""
        return await self._standings.of(user)

    async def holdings(
        self,
        user: UserId,
        *,
        accounts: Collection[AccountId] | None = None,
        connections: Collection[ConnectionId] | None = None,
        instrument: InstrumentId | None = None,
        first: int,
        after: str | None = None,
    ) -> Page[HoldingChange]:
        """What is held, by account and instrument."""
        return (await self._standings.of(user)).page(
            accounts=accounts,
            connections=connections,
            instrument=instrument,
            first=first,
            after=after,
        )

    async def holding(
        self, user: UserId, account: AccountId, instrument: InstrumentId
    ) -> HoldingChange | None:
        """One of the user's, sold out or not."""
        row = await HoldingRow.get_or_none(
            user_id=user, account_id=account, instrument_id=instrument
        )
        return None if row is None else holding_of(row)

    async def marks(self, user: UserId) -> Mapping[ConnectionId, Mapping[InstrumentId, Mark]]:
        """The prices of the last snapshots."""
        return (await self._standings.of(user)).marks

    async def orders(
        self,
        user: UserId,
        *,
        accounts: Collection[AccountId] | None = None,
        connections: Collection[ConnectionId] | None = None,
        instrument: InstrumentId | None = None,
        open_only: bool = False,
        since: datetime | None = None,
        until: datetime | None = None,
        first: int,
        after: str | None = None,
    ) -> Page[Order]:
        """Newest first, placed from `since` on and before `until`."""
        chosen = Q(user_id=user) & _between("placed_at", since, until)
        chosen &= _among("account_id", accounts) & _among("connection_id", connections)
        if instrument is not None:
            chosen &= Q(instrument_id=instrument)
        if open_only:
            chosen &= Q(open=True)
        if after is not None:
            placed_at, order = _decode_place(after)
            chosen &= Q(placed_at__lt=placed_at) | Q(placed_at=placed_at, id__lt=order)
        rows = OrderRow.filter(chosen).order_by("-placed_at", "-id").limit(first + 1)
        return page([(_place(row.placed_at, row.id), order_of(row)) for row in await rows], first)

    async def order(self, user: UserId, id: OrderId) -> Order | None:
        """One of the user's."""
        row = await OrderRow.get_or_none(id=id, user_id=user)
        return None if row is None else order_of(row)

    async def order_events(self, user: UserId, order: OrderId) -> tuple[OrderEvent, ...]:
        """All that happened to it, in order; it outlives the journal's retention."""
        rows = JournalRow.filter(user_id=user, order_id=order, kind=ChangeKind.ORDER.value)
        return tuple(decode(OrderEvent, row.value) for row in await rows.order_by("revision"))

    async def transactions(
        self,
        user: UserId,
        *,
        accounts: Collection[AccountId] | None = None,
        connections: Collection[ConnectionId] | None = None,
        instrument: InstrumentId | None = None,
        types: Collection[TransactionType] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        first: int,
        after: str | None = None,
    ) -> Page[TransactionChange]:
        """Newest first, of moments from `since` on and before `until`."""
        chosen = Q(user_id=user) & _between("at", since, until) & _among("type", types)
        chosen &= await _where(user, accounts, connections)
        if instrument is not None:
            chosen &= Q(instrument_id=instrument)
        if after is not None:
            at, key = _decode_place(after)
            chosen &= Q(at__lt=at) | Q(at=at, id__lt=key)
        rows = TransactionRow.filter(chosen).order_by("-at", "-id").limit(first + 1)
        return page([(_place(row.at, row.id), change_of(row)) for row in await rows], first)

    async def books(self, user: UserId, accounts: Collection[AccountId]) -> Books | None:
        """All that was booked in these accounts; None until all of it has been read."""
        rows = await AccountRow.filter(user_id=user, id__in=list(accounts))
        readings = [decode(Reading, row.reading) if row.reading else Reading() for row in rows]
        if any(reading.until is None for reading in readings):
            return None
        books, after = Books(), Q()
        while True:
            query = TransactionRow.filter(_among("account_id", accounts) & after, user_id=user)
            found = await query.order_by("at", "id").limit(_AT_ONCE)
            books.take(map(change_of, found))
            if len(found) < _AT_ONCE:
                return books
            last = found[-1]
            after = Q(at__gt=last.at) | Q(at=last.at, id__gt=last.id)

    async def transaction(self, user: UserId, id: TransactionId) -> TransactionChange | None:
        """One of the user's."""
        row = await TransactionRow.get_or_none(id=id, user_id=user)
        return None if row is None else change_of(row)

    async def equity(
        self, user: UserId, accounts: Collection[AccountId], since: datetime, until: datetime
    ) -> Mapping[AccountId, Past]:
        """What each of these accounts was worth, oldest first, from `since` on, before `until`."""
        return await equity.points(user, accounts, since, until)

    async def audit(
        self,
        user: UserId,
        *,
        connection: ConnectionId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        first: int,
        after: str | None = None,
    ) -> Page[AuditRow]:
        """Newest first, from `since` on and before `until`."""
        chosen = Q(user_id=user) & _between("at", since, until)
        if connection is not None:
            chosen &= Q(connection_id=connection)
        if after is not None:
            (sequence,) = decode_key(after, (0,))
            chosen &= Q(sequence__lt=sequence)
        rows = AuditLine.filter(chosen).order_by("-sequence").limit(first + 1)
        return page([((row.sequence,), _audit_row(row)) for row in await rows], first)

    async def instrument(self, user: UserId, id: InstrumentId) -> Instrument | None:
        """One that the user holds, held or traded."""
        held = await HoldingRow.filter(user_id=user, instrument_id=id).first()
        if held is not None:
            return decode(Holding, held.value).instrument
        traded = await OrderRow.filter(user_id=user, instrument_id=id).first()
        if traded is not None:
            return order_of(traded).instrument
        booked = await TransactionRow.filter(user_id=user, instrument_id=id).first()
        return None if booked is None else decode(Transaction, booked.value).instrument


def _place(at: datetime, id: str) -> tuple[int, str]:
    """The key of a row in a list by time."""
    return (at - _EPOCH) // _MICROSECOND, id


def _decode_place(after: str) -> tuple[datetime, str]:
    micros, key = decode_key(after, (0, ""))
    return _EPOCH + int(micros) * _MICROSECOND, str(key)


def _among(column: str, ids: Collection[str] | None) -> Q:
    return Q() if ids is None else _q(f"{column}__in", list(ids))


def _between(column: str, since: datetime | None, until: datetime | None) -> Q:
    chosen = Q()
    if since is not None:
        chosen &= _q(f"{column}__gte", utc(since))
    if until is not None:
        chosen &= _q(f"{column}__lt", utc(until))
    return chosen


def _q(condition: str, value: object) -> Q:
    conditions: dict[str, Any] = {condition: value}
    return Q(**conditions)


async def _where(
    user: UserId,
    accounts: Collection[AccountId] | None,
    connections: Iterable[ConnectionId] | None,
) -> Q:
    """Holdings know their account; which connection owns it is asked of the accounts."""
    if connections is None:
        return _among("account_id", accounts)
    owned = AccountRow.filter(_among("connection_id", list(connections)), user_id=user)
    ids = await owned.values_list("id", flat=True)
    return _among("account_id", accounts) & _among("account_id", list(map(str, ids)))


def _audit_row(line: AuditLine) -> AuditRow:
    entry = decode(AuditEntry, line.value)
    return AuditRow(entry=entry, sequence=line.sequence, hash=line.hash)
