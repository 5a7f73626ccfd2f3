"""Linking a brokerage login, mending it and letting it go."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from brokers.contract import Plugin, SignIn
from brokers.lines import Lines
from domain.account import AccountReport, Environment
from domain.clock import Clock
from domain.connection import (
    Connection,
    ConnectionState,
    Fault,
    Health,
    Permission,
    Reach,
)
from domain.errors import BrokerError, ErrorCode, Problem
from domain.ids import ConnectionId, UserId
from store.connections import Connections

FRESH_SIGN_IN = timedelta(minutes=10)
SYNC_AT_LEAST, SYNC_AT_MOST = timedelta(seconds=15), timedelta(days=1)
LABEL_LENGTH = 80
SECRET_LENGTH = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in under way: the connection that it is for, and what the broker asks to be told."""

    connection: Connection
    sign_in: SignIn


class Connect:
    """Every step raises `Problem` for what the user can mend and `BrokerError` for the rest."""

    def __init__(
        self,
        *,
        connections: Connections,
        lines: Lines,
        plugins: Mapping[str, Plugin],
        clock: Clock,
        live_trading: bool,
    ) -> None:
        self._connections, self._lines = connections, lines
        self._plugins, self._clock, self._live_trading = plugins, clock, live_trading

    async def begin(
        self,
        user: UserId,
        *,
        broker: str,
        environment: Environment,
        label: str,
        permission: Permission,
        persist: bool,
        signed_in_at: datetime | None,
    ) -> Begun:
        """Open a PENDING connection, which any process can complete."""
        plugin = self._plugin(broker, environment)
        self._check_permission(environment, permission, signed_in_at)
        connection = await self._connections.create(
            user,
            broker=broker,
            environment=environment,
            label=_label(label) or plugin.title,
            permission=permission,
            credentials=None,
            persist=persist,
        )
        return Begun(connection=connection, sign_in=plugin.sign_in)

    async def complete(
        self, user: UserId, id: ConnectionId, values: Mapping[str, str]
    ) -> Connection:
        """Prove the credentials by a private read, then keep them; nothing is kept before that."""
        connection = await self._mine(user, id)
        plugin = self._plugin(connection.broker, connection.environment)
        credentials = _credentials(plugin.sign_in, values)
        reports = await self._prove(connection, credentials)
        await self._connections.link(user, id, reports)
        await self._connections.reseal(user, id, credentials)
        await self._lines.close(id)
        health = Health(state=ConnectionState.ACTIVE, reach=Reach.READABLE, since=self._clock.now())
        return await self._connections.set_health(user, id, health)

    async def reauthorize(self, user: UserId, id: ConnectionId) -> Begun:
        """Ask for fresh credentials of a connection; it keeps its id, accounts and history."""
        connection = await self._mine(user, id)
        plugin = self._plugin(connection.broker, connection.environment)
        return Begun(connection=connection, sign_in=plugin.sign_in)

    async def update(
        self,
        user: UserId,
        id: ConnectionId,
        *,
        label: str | None = None,
        enabled: bool | None = None,
        permission: Permission | None = None,
        sync_every: timedelta | None = None,
        signed_in_at: datetime | None = None,
    ) -> Connection:
        """Change what the user may choose; what is None stays."""
        connection = await self._mine(user, id)
        if permission is not None and permission is not connection.permission:
            self._check_permission(connection.environment, permission, signed_in_at)
        if sync_every is not None and not SYNC_AT_LEAST <= sync_every <= SYNC_AT_MOST:
            raise Problem(
                ErrorCode.BAD_INPUT, "sync every 15 seconds to 24 hours", field="syncEverySeconds"
            )
        changed = await self._connections.update(
            user,
            id,
            label=None if label is None else _label(label),
            enabled=enabled,
            permission=permission,
            # To the store None is the broker's own interval.
            sync_every=... if sync_every is None else sync_every,
        )
        if permission is not None or enabled is False:
            await self._lines.close(id)
        return changed

    async def disconnect(self, user: UserId, id: ConnectionId, *, purge: bool) -> Connection:
        """Give the sign-in back, forget the credentials, and keep the history or erase it."""
        connection = await self._mine(user, id)
        # The broker being down is no reason to keep a user's keys.
        with suppress(BrokerError, Problem):
            await (await self._lines.open(connection)).revoke()
        await self._lines.close(id)
        return await self._connections.disconnect(user, id, purge=purge)

    async def _prove(
        self, connection: Connection, credentials: Mapping[str, str]
    ) -> tuple[AccountReport, ...]:
        try:
            async with self._lines.trial(connection, credentials) as broker:
                return tuple(await broker.accounts())
        except BrokerError as error:
            if connection.health.state is ConnectionState.PENDING:
                await self._note(connection, error)
            raise

    async def _note(self, connection: Connection, error: BrokerError) -> None:
        now = self._clock.now()
        fault = Fault(code=error.code, message=error.message, at=now)
        health = Health(state=ConnectionState.PENDING, reach=Reach.DOWN, since=now, fault=fault)
        await self._connections.set_health(connection.user_id, connection.id, health)

    async def _mine(self, user: UserId, id: ConnectionId) -> Connection:
        connection = await self._connections.one(user, id)
        if connection is None or connection.health.state is ConnectionState.DISCONNECTED:
            raise Problem(ErrorCode.NOT_FOUND, "no such connection", field="connectionId")
        return connection

    def _plugin(self, broker: str, environment: Environment) -> Plugin:
        plugin = self._plugins.get(broker)
        if plugin is None:
            known = ", ".join(sorted(self._plugins))
            raise Problem(ErrorCode.BAD_INPUT, f"no such broker; known: {known}", field="broker")
        if environment not in plugin.endpoints:
            offered = ", ".join(sorted(plugin.endpoints))
            raise Problem(
                ErrorCode.BAD_INPUT, f"{plugin.title} offers: {offered}", field="environment"
            )
        return plugin

    def _check_permission(
        self, environment: Environment, permission: Permission, signed_in_at: datetime | None
    ) -> None:
        """Real money moves only where the server allows it and the user has just signed in."""
        if permission is Permission.READ or environment is not Environment.LIVE:
            return
        if not self._live_trading:
            raise Problem(
                ErrorCode.FORBIDDEN, "this server does not trade live accounts", field="permission"
            )
        if signed_in_at is None or self._clock.now() - signed_in_at > FRESH_SIGN_IN:
            raise Problem(
                ErrorCode.FORBIDDEN, "sign in again to allow live trading", field="permission"
            )


def _label(text: str) -> str:
    """One line of printable text, capped."""
    return "".join(letter for letter in text if letter.isprintable()).strip()[:LABEL_LENGTH]


def _credentials(sign_in: SignIn, values: Mapping[str, str]) -> Mapping[str, str]:
    """Exactly the fields that the broker asks for, none empty; the values are never echoed."""
    names = [field.name for field in sign_in.fields]
    unknown = sorted(set(values) - set(names))
    if unknown:
        raise Problem(
            ErrorCode.BAD_INPUT, f"only these are asked for: {', '.join(names)}", field="values"
        )
    given = {name: values.get(name, "").strip() for name in names}
    for name, text in given.items():
        if not text or len(text) > SECRET_LENGTH or not text.isprintable():
            raise Problem(ErrorCode.BAD_INPUT, f"{name} is missing or malformed", field="values")
    return given
