"""Linking a brokerage login, mending it and letting it go."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from brokers.contract import Consent, Plugin, SignIn
from brokers.lines import Lines
from domain.account import Environment
from domain.clock import Clock
from domain.connection import (
    Connection,
    ConnectionState,
    Health,
    Permission,
    Reach,
)
from domain.errors import BrokerError, ErrorCode, Problem
from domain.ids import ConnectionId, UserId
from store.connections import Connections
from trading.consenting import Consenting
from trading.proving import note, prove
from trading.sign_ins import Offer, offer, typed, way_called, way_of

FRESH_SIGN_IN = timedelta(minutes=10)
SYNC_AT_LEAST, SYNC_AT_MOST = timedelta(seconds=15), timedelta(days=1)
LABEL_LENGTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in under way: the connection that it is for, and what the broker asks to be told."""

    connection: Connection
    sign_in: Offer


class Connect:
    """Every step raises `Problem` for what the user can mend and `BrokerError` for the rest.

    `apps` are the keys of applications that the server's settings hold, by broker and field;
    `session`, where it is given, is the browser sign-in that asks (None: a program).
    """

    def __init__(
        self,
        *,
        connections: Connections,
        lines: Lines,
        plugins: Mapping[str, Plugin],
        clock: Clock,
        live_trading: bool,
        consenting: Consenting,
        apps: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._connections, self._lines = connections, lines
        self._plugins, self._clock, self._live_trading = plugins, clock, live_trading
        self._consenting, self._apps = consenting, apps

    def offers(self, broker: str) -> tuple[Offer, ...]:
        """The ways to sign in to a broker, the usual one first."""
        plugin = self._plugins[broker]
        return tuple(self._offer(plugin, way) for way in plugin.sign_ins)

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
        proven_at: datetime | None = None,
        way: str | None = None,
        values: Mapping[str, str] | None = None,
        session: str | None = None,
    ) -> Begun:
        """Open a PENDING connection, which any process can complete.

        `way` names one of the broker's ways to sign in; `values` are what a consent asks for ahead.
        """
        plugin = self._plugin(broker, environment)
        chosen = way_called(plugin, way)
        fields = self._ahead(plugin, chosen, values or {})
        self._check_permission(environment, permission, signed_in_at, proven_at)
        connection = await self._connections.create(
            user,
            broker=broker,
            environment=environment,
            label=_label(label) or plugin.title,
            permission=permission,
            credentials=None,
            persist=persist,
        )
        return await self._begun(connection, plugin, chosen, fields, session)

    async def complete(
        self,
        user: UserId,
        id: ConnectionId,
        values: Mapping[str, str],
        *,
        session: str | None = None,
    ) -> Connection:
        """Prove the credentials by a private read, then keep them; nothing is kept before that.

        `values` are keys, or what the broker's page sent back or had the person copy.
        """
        connection = await self._mine(user, id)
        plugin = self._plugin(connection.broker, connection.environment)
        way = way_of(plugin, values)
        try:
            if isinstance(way, Consent):
                redeem = self._consenting.redeem
                credentials: Mapping[str, str] = await redeem(connection, way, values, session)
            else:
                credentials = typed(way.fields, values, {})
            proven = await prove(self._lines, plugin, connection, credentials)
            await self._connections.link(user, id, proven.reports)
        except (BrokerError, Problem) as error:
            if isinstance(error, BrokerError) or isinstance(way, Consent):
                await self._note(connection, error)
            raise
        await self._connections.reseal(user, id, credentials)
        await self._lines.close(id)
        health = Health(state=ConnectionState.ACTIVE, reach=Reach.READABLE, since=self._clock.now())
        return await self._connections.set_health(user, id, health, expires_at=proven.expires_at)

    async def reauthorize(
        self,
        user: UserId,
        id: ConnectionId,
        *,
        way: str | None = None,
        values: Mapping[str, str] | None = None,
        session: str | None = None,
    ) -> Begun:
        """Ask for fresh credentials of a connection; it keeps its id, accounts and history."""
        connection = await self._mine(user, id)
        plugin = self._plugin(connection.broker, connection.environment)
        chosen = way_called(plugin, way)
        fields = self._ahead(plugin, chosen, values or {})
        return await self._begun(connection, plugin, chosen, fields, session)

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
        proven_at: datetime | None = None,
    ) -> Connection:
        """Change what the user may choose; what is None stays.

        `signed_in_at` and `proven_at` are when the user did so, the latter by the second factor.
        """
        connection = await self._mine(user, id)
        if permission is not None and permission is not connection.permission:
            self._check_permission(connection.environment, permission, signed_in_at, proven_at)
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

    def _offer(self, plugin: Plugin, way: SignIn) -> Offer:
        return offer(way, self._apps.get(plugin.name, {}), self._consenting.callback)

    def _ahead(self, plugin: Plugin, way: SignIn, values: Mapping[str, str]) -> Mapping[str, str]:
        """What a consent is asked for with: of the settings and of the person."""
        if not isinstance(way, Consent):
            # Keys are typed in to complete, not to begin.
            return typed((), values, {})
        asked = {field.name for field in way.fields}
        app = self._apps.get(plugin.name, {})
        held = {name: text for name, text in app.items() if name in asked}
        return typed(way.fields, values, held)

    async def _begun(
        self,
        connection: Connection,
        plugin: Plugin,
        way: SignIn,
        fields: Mapping[str, str],
        session: str | None,
    ) -> Begun:
        offered = self._offer(plugin, way)
        if not isinstance(way, Consent):
            return Begun(connection=connection, sign_in=offered)
        try:
            asked = await self._consenting.ask(connection, way, fields, session)
        except BrokerError as error:
            await self._note(connection, error)
            raise
        shown = replace(offered, fields=(), authorize_url=asked.url, expires_at=asked.expires_at)
        return Begun(connection=connection, sign_in=shown)

    async def _note(self, connection: Connection, error: BrokerError | Problem) -> None:
        await note(self._connections, connection, error, self._clock.now())

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
        self,
        environment: Environment,
        permission: Permission,
        signed_in_at: datetime | None,
        proven_at: datetime | None,
    ) -> None:
        """Real money moves only where the server allows it and the user has just proven who asks.

        By signing in and by the second factor.
        """
        if permission is Permission.READ or environment is not Environment.LIVE:
            return
        if not self._live_trading:
            raise Problem(
                ErrorCode.FORBIDDEN, "this server does not trade live accounts", field="permission"
            )
        if not self._fresh(signed_in_at):
            raise Problem(
                ErrorCode.FORBIDDEN, "sign in again to allow live trading", field="permission"
            )
        if not self._fresh(proven_at):
            message = "prove your second factor to allow live trading; enrol one if there is none"
            raise Problem(ErrorCode.SECOND_FACTOR_REQUIRED, message, field="permission")

    def _fresh(self, at: datetime | None) -> bool:
        return at is not None and self._clock.now() - at <= FRESH_SIGN_IN


def _label(text: str) -> str:
    """One line of printable text, capped."""
    return "".join(letter for letter in text if letter.isprintable()).strip()[:LABEL_LENGTH]
