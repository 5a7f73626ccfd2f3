"""Connections: made, changed, watched over and ended; each visible change is journalled."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import EllipsisType
from uuid import uuid4

from domain.account import Account, AccountReport, Environment
from domain.changes import ChangeKind
from domain.connection import (
    Connection,
    ConnectionState,
    Fault,
    Freshness,
    Health,
    Permission,
    Reach,
)
from domain.errors import ErrorCode, Problem
from domain.ids import ConnectionId, UserId
from store import accounts, purge
from store.book import Book
from store.codec import decode, encode
from store.consent_models import ConsentRow
from store.credentials import Credentials
from store.models import AccountLink, AccountRow, ConnectionRow
from store.unit import Unit
from store.values import account_of, connection_of
from store.vault import Vault
from store.writer import Writer

Edit = Callable[[Unit, Connection], Connection]


_EVERY = "SELECT id, state, value FROM connection WHERE enabled = $1 ORDER BY created_at, id"


class Connections:
    """Whatever changes a connection raises Problem(NOT_FOUND) if it is not the user's."""

    def __init__(self, writer: Writer, vault: Vault) -> None:
        self._writer = writer
        self._credentials = Credentials(vault)
        # By the text that each is kept as.
        self._known: dict[str, Connection] = {}

    async def create(
        self,
        user: UserId,
        *,
        broker: str,
        environment: Environment,
        label: str,
        permission: Permission,
        credentials: Mapping[str, str] | None,
        persist: bool = True,
        sync_every: timedelta | None = None,
    ) -> Connection:
        """A new connection, PENDING until a private read has worked; credentials may come later."""

        async def job(unit: Unit) -> Connection:
            connection = Connection(
                id=ConnectionId(str(uuid4())),
                user_id=user,
                broker=broker,
                environment=environment,
                label=label,
                permission=permission,
                enabled=True,
                health=_pending(unit.now),
                created_at=unit.now,
                sync_every=sync_every,
                persisted=persist,
            )
            if credentials is not None:
                await self._credentials.put(user, connection.id, credentials, persist=persist)
            await _row(connection).save(force_create=True)
            unit.change(ChangeKind.CONNECTION, connection, connection=connection.id)
            return connection

        return await self._writer.write(user, job)

    async def one(self, user: UserId, id: ConnectionId) -> Connection | None:
        """The user's connection, None if there is none of this id."""
        row = await ConnectionRow.get_or_none(id=id, user_id=user)
        return None if row is None else connection_of(row)

    async def update(
        self,
        user: UserId,
        id: ConnectionId,
        *,
        label: str | None = None,
        enabled: bool | None = None,
        permission: Permission | None = None,
        sync_every: timedelta | EllipsisType | None = ...,
    ) -> Connection:
        """Change what is given; `sync_every=None` goes back to the broker's own interval."""

        def edit(unit: Unit, known: Connection) -> Connection:
            changed = replace(
                known,
                label=known.label if label is None else label,
                permission=known.permission if permission is None else permission,
                sync_every=known.sync_every if sync_every is ... else sync_every,
            )
            if enabled is None or enabled == known.enabled:
                return changed
            health = _pending(unit.now) if enabled else _stopped(ConnectionState.DISABLED, unit.now)
            return replace(changed, enabled=enabled, health=health)

        return await self._edit(user, id, edit)

    async def set_health(
        self,
        user: UserId,
        id: ConnectionId,
        health: Health,
        *,
        expires_at: datetime | EllipsisType | None = ...,
    ) -> Connection:
        """How well it is; the same again is no change, and one that has ended stays so."""

        def edit(_: Unit, known: Connection) -> Connection:
            if not known.enabled or known.health.state is ConnectionState.DISCONNECTED:
                return known
            same = _seen(known.health) == _seen(health)
            return replace(
                known,
                health=known.health if same else health,
                expires_at=known.expires_at if expires_at is ... else expires_at,
            )

        return await self._edit(user, id, edit)

    async def set_freshness(
        self, user: UserId, id: ConnectionId, freshness: Sequence[Freshness]
    ) -> Connection:
        """When each resource was last right; kept, not journalled."""

        def edit(_: Unit, known: Connection) -> Connection:
            each = {item.resource: item for item in (*known.freshness, *freshness)}
            return replace(known, freshness=tuple(each[name] for name in sorted(each)))

        return await self._edit(user, id, edit, journalled=False)

    async def credentials(self, user: UserId, id: ConnectionId) -> Mapping[str, str]:
        """What signs it in; raises Problem(CREDENTIALS_REJECTED) if that is gone."""
        return await self._credentials.of(user, id)

    async def reseal(
        self, user: UserId, id: ConnectionId, credentials: Mapping[str, str]
    ) -> Connection:
        """Sign it in anew, keeping every id; it is PENDING again."""

        async def job(unit: Unit) -> Connection:
            known = connection_of(await _owned(unit, id))
            await self._credentials.put(user, id, credentials, persist=known.persisted)
            return await _save(unit, known, replace(known, health=_pending(unit.now)))

        return await self._writer.write(user, job)

    async def link(
        self, user: UserId, id: ConnectionId, reports: Sequence[AccountReport]
    ) -> tuple[Account, ...]:
        """The accounts that it reaches.

        Raises Problem(DIFFERENT_ACCOUNT) if it reached others before and none of them now.
        """

        async def job(unit: Unit) -> tuple[Account, ...]:
            return await _link(unit, await _owned(unit, id), reports)

        return await self._writer.write(user, job)

    async def disconnect(
        self, user: UserId, id: ConnectionId, *, purge: bool = False
    ) -> Connection:
        """End it and erase its credentials; `purge` takes everything that it brought along."""

        async def job(unit: Unit) -> Connection:
            row = await _owned(unit, id)
            known = connection_of(row)
            await self._credentials.erase(id)
            await ConsentRow.filter(connection_id=id).delete()
            ended = replace(
                known, enabled=False, health=_stopped(ConnectionState.DISCONNECTED, unit.now)
            )
            await _end(unit, ended, purge)
            return ended

        return await self._writer.write(user, job)

    async def every(self) -> tuple[Connection, ...]:
        """All enabled connections of all users but those whose first sign-in is still under way."""
        (rows,) = await self._writer.db.batches.read([(_EVERY, [True])])
        pending = [row["id"] for row in rows if row["state"] == ConnectionState.PENDING.value]
        begun = set(pending) - await self._credentials.among(pending) if pending else set()
        # Asked for every second, and nearly always the same as a second ago.
        known, self._known = self._known, {}
        for row in rows:
            text = row["value"]
            if row["id"] not in begun:
                self._known[text] = known.get(text) or decode(Connection, text)
        return tuple(self._known.values())

    async def _edit(
        self, user: UserId, connection: ConnectionId, edit: Edit, *, journalled: bool = True
    ) -> Connection:
        async def job(unit: Unit) -> Connection:
            known = connection_of(await _owned(unit, connection))
            return await _save(unit, known, edit(unit, known), journalled=journalled)

        return await self._writer.write(user, job)


async def _save(
    unit: Unit, known: Connection, changed: Connection, *, journalled: bool = True
) -> Connection:
    if changed == known:
        return known
    Book.of(unit).put_connection(changed)
    await _row(changed).save(update_fields=["state", "enabled", "value"], force_update=True)
    if journalled:
        unit.change(ChangeKind.CONNECTION, changed, connection=changed.id)
    return changed


async def _owned(unit: Unit, connection: ConnectionId) -> ConnectionRow:
    row = await ConnectionRow.get_or_none(id=connection, user_id=unit.user)
    if row is None:
        raise Problem(ErrorCode.NOT_FOUND, "there is no such connection")
    return row


async def _link(
    unit: Unit, row: ConnectionRow, reports: Sequence[AccountReport]
) -> tuple[Account, ...]:
    known = await AccountLink.filter(connection_id=row.id).values_list("account_id", flat=True)
    numbers = {account.number: account for account in await AccountRow.filter(id__in=list(known))}
    if numbers and not any(report.number in numbers for report in reports):
        message = "this sign-in belongs to another account; connect it as a new connection"
        raise Problem(ErrorCode.DIFFERENT_ACCOUNT, message)
    book, link = Book.of(unit), connection_of(row)
    for report in reports:
        await accounts.seen(unit, book, link, report)
    found = [await book.account(link, report.number) for report in reports]
    return tuple(account_of(account) for account in found if account is not None)


async def _end(unit: Unit, ended: Connection, everything: bool) -> None:  # noqa: FBT001
    await Book.of(unit).flush()
    if everything:
        await purge.purge(unit, ended)
    else:
        await _row(ended).save(update_fields=["state", "enabled", "value"], force_update=True)
    unit.change(ChangeKind.CONNECTION, ended, connection=ended.id)


def _row(connection: Connection) -> ConnectionRow:
    return ConnectionRow(
        id=connection.id,
        user_id=connection.user_id,
        state=connection.health.state.value,
        enabled=connection.enabled,
        created_at=connection.created_at,
        value=encode(connection),
    )


def _pending(now: datetime) -> Health:
    return Health(state=ConnectionState.PENDING, reach=Reach.DOWN, since=now)


def _stopped(state: ConnectionState, now: datetime) -> Health:
    return Health(state=state, reach=Reach.DOWN, since=now)


def _seen(health: Health) -> tuple[object, ...]:
    """What a user would notice: that the same fault came again is not news."""
    fault: Fault | None = health.fault
    return (health.state, health.reach, fault and (fault.code, fault.message))
