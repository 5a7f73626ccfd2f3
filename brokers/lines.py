"""The open lines of this process: one for each connection, opened once and shared."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from brokers.contract import Broker, Credentials, Opening, Plugin, Prices
from brokers.gate import Call, CallRecord, Gate, Limits, Purpose, unwatched
from brokers.house_prices import HOUSE, HousePrices
from domain.account import Environment
from domain.clock import Clock
from domain.connection import Connection, Permission
from domain.errors import ErrorCode, Problem, Unreachable
from domain.ids import ConnectionId, UserId

Endpoints = Mapping[str, Mapping[Environment, Mapping[str, str]]]


@dataclass(slots=True)
class _Line:
    """`permission` is the connection's as it was last seen; the gate reads it at every call."""

    permission: Permission
    opening: asyncio.Task[Broker]


class Lines:
    """Opens lines and keeps them; whoever asks while one is being opened waits for the same one.

    `endpoints` replace a plugin's own base URLs by broker, environment and name; `written` is told
    of every request whose first bytes have left; `held` are the server's own keys by broker.
    """

    def __init__(
        self,
        plugins: Mapping[str, Plugin],
        credentials: Callable[[UserId, ConnectionId], Awaitable[Mapping[str, str]]],
        record: Callable[[CallRecord], Awaitable[None]],
        clock: Clock,
        endpoints: Endpoints | None = None,
        written: Callable[[Call], None] = unwatched,
        held: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._held, self._houses = held or {}, dict[object, HousePrices]()
        self._plugins, self._credentials, self._written = plugins, credentials, written
        self._record, self._clock, self._endpoints = record, clock, endpoints or {}
        self._limits = {
            name: Limits(clock, connection=plugin.capabilities.rate)
            for name, plugin in plugins.items()
        }
        self._lines: dict[ConnectionId, _Line] = {}

    async def open(self, connection: Connection) -> Broker:
        """The line of a connection; Problem if its broker or environment is not there."""
        line = self._lines.get(connection.id)
        if line is None or _failed(line.opening):
            opening = asyncio.create_task(self._open(connection))
            line = self._lines[connection.id] = _Line(connection.permission, opening)
        line.permission = connection.permission
        # Waited for, not awaited: a caller who gives up must not take the line from the others,
        # nor a line that is closed meanwhile look like the caller's own cancellation.
        await asyncio.wait([line.opening])
        if line.opening.cancelled():
            raise Unreachable("the connection was closed while it was being opened")
        return line.opening.result()

    async def ready(self, connection: Connection) -> None:
        """Wait until an order may leave at once; RateLimited if that would take too long."""
        limits = self._limits[self._plugin(connection.broker).name]
        await limits.ready(connection.user_id, connection.id, Purpose.TRADE)

    @asynccontextmanager
    async def trial(
        self, connection: Connection, credentials: Mapping[str, str]
    ) -> AsyncIterator[Broker]:
        """A line of the caller's own, which only reads, to try credentials before they are kept."""
        gate = self._gate(connection, lambda: Permission.READ)
        broker = await self._dial(connection, Credentials(credentials), gate, trial=True)
        try:
            yield broker
        finally:
            await broker.aclose()

    def opening(self, connection: Connection, credentials: Mapping[str, str]) -> Opening:
        """What asking for a consent and redeeming it need: all but a line."""
        gate = self._gate(connection, lambda: Permission.READ)
        return self._opening(connection, Credentials(credentials), gate)

    async def close(self, connection: ConnectionId) -> None:
        """Let go of a connection's line, if there is one."""
        line = self._lines.pop(connection, None)
        if line is None:
            return
        line.opening.cancel()
        await asyncio.wait([line.opening])
        if not _failed(line.opening):
            await line.opening.result().aclose()

    async def aclose(self) -> None:
        """Let go of all lines."""
        for connection in list(self._lines):
            await self.close(connection)
        for house in self._houses.values():
            await house.aclose()

    async def _open(self, connection: Connection) -> Broker:
        gate = self._gate(connection, lambda: self._permission(connection.id))
        credentials = Credentials(await self._credentials(connection.user_id, connection.id))
        return await self._dial(connection, credentials, gate)

    def _permission(self, connection: ConnectionId) -> Permission:
        """A line that was let go of may still be held by somebody: it only reads."""
        line = self._lines.get(connection)
        return Permission.READ if line is None else line.permission

    async def _dial(
        self, connection: Connection, credentials: Credentials, gate: Gate, *, trial: bool = False
    ) -> Broker:
        plugin = self._plugin(connection.broker)
        opening = self._opening(connection, credentials, gate)
        prices = self._prices(plugin, opening)
        return await plugin.open(replace(opening, prices=prices, trial=trial))

    def _prices(self, plugin: Plugin, opening: Opening) -> Prices | None:
        """A part of the house's, where the server has a key of its own."""
        key, held = plugin.data_key, self._held.get(plugin.name, {})
        if key is None or not all(field.name in held for field in key.fields):
            return None
        where = (plugin.name, *(opening.endpoints[name] for name in sorted(key.endpoints)))
        if where not in self._houses:
            gate = self._gate_of(plugin, HOUSE, ConnectionId(f"house {plugin.name}"))
            signed = Credentials({key.signs[field.name]: held[field.name] for field in key.fields})
            own = replace(opening, credentials=signed, gate=gate, permission=Permission.READ)
            self._houses[where] = HousePrices(partial(plugin.open, own))
        return self._houses[where].share()

    def _opening(self, connection: Connection, credentials: Credentials, gate: Gate) -> Opening:
        plugin, environment = self._plugin(connection.broker), connection.environment
        own = plugin.endpoints.get(environment, {})
        endpoints = {**own, **self._endpoints.get(plugin.name, {}).get(environment, {})}
        if not endpoints:
            message = f"{plugin.title} has no {environment} environment here"
            raise Problem(ErrorCode.BAD_INPUT, message, field="environment")
        return Opening(
            credentials=credentials,
            environment=environment,
            endpoints=endpoints,
            gate=gate,
            clock=self._clock,
            permission=connection.permission,
        )

    def _gate(self, connection: Connection, permission: Callable[[], Permission]) -> Gate:
        plugin = self._plugin(connection.broker)
        return self._gate_of(plugin, connection.user_id, connection.id, permission)

    def _gate_of(
        self,
        plugin: Plugin,
        user: UserId,
        connection: ConnectionId,
        permission: Callable[[], Permission] = lambda: Permission.READ,
    ) -> Gate:
        return Gate(
            user=user,
            connection=connection,
            permission=permission,
            limits=self._limits[plugin.name],
            record=self._record,
            clock=self._clock,
            written=self._written,
        )

    def _plugin(self, broker: str) -> Plugin:
        if broker not in self._plugins:
            known = ", ".join(sorted(self._plugins))
            message = f"no broker is called {broker[:40]!r}; there are: {known}"
            raise Problem(ErrorCode.BAD_INPUT, message, field="broker")
        return self._plugins[broker]


def _failed(opening: asyncio.Task[Broker]) -> bool:
    return opening.done() and (opening.cancelled() or opening.exception() is not None)
