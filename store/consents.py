"""Consents that were asked for: what they are waited for with, sealed, each answered once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import orjson

from domain.errors import ErrorCode, Problem
from domain.ids import ConnectionId, UserId
from store.consent_models import ConsentRow
from store.keyring import KeyringUnusable
from store.unit import Unit
from store.vault import Sealed, Tampered, Vault
from store.writer import Writer

_AGAIN = "begin to sign in again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A consent that a person was sent to give.

    `state` is a digest of what tells this asking from any other, `session` the browser sign-in that
    it was begun in (None: begun by a program), `kept` what redeeming it needs; nothing of that is
    left once it was answered.
    """

    user_id: UserId
    connection_id: ConnectionId
    way: str
    state: str
    session: str | None
    expires_at: datetime
    answered_at: datetime | None = None
    kept: Mapping[str, str] = field(default_factory=dict, repr=False)


class Consents:
    """At most one for each connection: asking again replaces the one before."""

    def __init__(self, writer: Writer, vault: Vault) -> None:
        self._writer, self._vault = writer, vault
        self._memory: dict[ConnectionId, Mapping[str, str]] = {}

    async def expect(self, awaited: Awaited, *, persist: bool) -> None:
        """Wait for it from now on, in any process if `persist`, else in this one alone."""
        user, connection = awaited.user_id, awaited.connection_id
        sealed = self._sealed(awaited) if persist else None
        self._memory.pop(connection, None)
        if not persist:
            self._memory[connection] = dict(awaited.kept)

        async def job(_: Unit) -> None:
            await ConsentRow.filter(connection_id=connection).delete()
            await ConsentRow.create(
                connection_id=connection,
                user_id=user,
                way=awaited.way,
                state=awaited.state,
                session=awaited.session,
                expires_at=awaited.expires_at,
                key_id=sealed and sealed.key_id,
                wrapped_key=sealed and sealed.wrapped_key,
                sealed=sealed and sealed.sealed,
            )

        await self._writer.write(user, job)

    async def by_state(self, state: str) -> Awaited | None:
        """Whoever's it is, and answered or not; without what it is redeemed with."""
        row = await ConsentRow.get_or_none(state=digest(state))
        return None if row is None else _awaited(row)

    async def of(self, user: UserId, connection: ConnectionId) -> Awaited | None:
        """The one of this connection, answered or not; without what it is redeemed with."""
        row = await ConsentRow.get_or_none(connection_id=connection, user_id=user)
        return None if row is None else _awaited(row)

    async def awaited(self, user: UserId) -> tuple[Awaited, ...]:
        """The user's that nobody has answered yet."""
        rows = await ConsentRow.filter(user_id=user, answered_at=None).order_by("expires_at")
        return tuple(_awaited(row) for row in rows)

    async def open(self, user: UserId, connection: ConnectionId) -> Awaited:
        """It, whole; Problem if none is waited for, if it was answered, or is too old."""
        row = await ConsentRow.get_or_none(connection_id=connection, user_id=user)
        return self._whole(row, self._writer.clock.now())

    async def answer(self, user: UserId, connection: ConnectionId) -> Awaited:
        """The same, and nobody can open it a second time."""

        async def job(unit: Unit) -> Awaited:
            row = await ConsentRow.get_or_none(connection_id=connection, user_id=user)
            whole = self._whole(row, unit.now)
            # The row stays, so that a second answer is told from one to nothing.
            await ConsentRow.filter(connection_id=connection).update(
                answered_at=unit.now, key_id=None, wrapped_key=None, sealed=None
            )
            return whole

        whole = await self._writer.write(user, job)
        self._memory.pop(connection, None)
        return whole

    def _whole(self, row: ConsentRow | None, now: datetime) -> Awaited:
        if row is None:
            raise Problem(ErrorCode.NOT_FOUND, f"no consent is waited for here; {_AGAIN}")
        if row.answered_at is not None:
            raise Problem(ErrorCode.CONFLICT, f"this consent was used already; {_AGAIN}")
        kept = None if row.expires_at <= now else self._kept(row)
        if kept is None:
            raise Problem(ErrorCode.CONSENT_EXPIRED, f"the time for this consent is over; {_AGAIN}")
        return replace(_awaited(row), kept=kept)

    def _sealed(self, awaited: Awaited) -> Sealed:
        plain = orjson.dumps(dict(awaited.kept))
        return self._vault.seal(plain, awaited.user_id, _bound(awaited.connection_id))

    def _kept(self, row: ConsentRow) -> Mapping[str, str] | None:
        """None if it is nowhere any more: it was another process's, or sealed under a key gone."""
        connection = ConnectionId(row.connection_id)
        if row.sealed is None or row.wrapped_key is None or row.key_id is None:
            return self._memory.get(connection)
        sealed = Sealed(
            key_id=row.key_id, wrapped_key=bytes(row.wrapped_key), sealed=bytes(row.sealed)
        )
        try:
            plain = self._vault.open(sealed, UserId(row.user_id), _bound(connection))
        except (Tampered, KeyringUnusable):
            return None
        kept: Mapping[str, str] = orjson.loads(plain)
        return kept


def digest(state: str) -> str:
    """What is kept of a state."""
    return hashlib.sha256(state.encode()).hexdigest()


def _bound(connection: ConnectionId) -> ConnectionId:
    """To what it is sealed: it does not open as the connection's credentials."""
    return ConnectionId(f"consent of {connection}")


def _awaited(row: ConsentRow) -> Awaited:
    return Awaited(
        user_id=UserId(row.user_id),
        connection_id=ConnectionId(row.connection_id),
        way=row.way,
        state=row.state,
        session=row.session,
        expires_at=row.expires_at,
        answered_at=row.answered_at,
    )
