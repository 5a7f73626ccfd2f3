"""Asking for an account to be read again now."""

from collections.abc import Callable

from domain.connection import ConnectionState
from domain.errors import ErrorCode, Problem
from domain.ids import ConnectionId, UserId
from domain.sync import SyncRun
from store.connections import Connections
from store.sync_runs import SyncRuns

_SYNCABLE = frozenset({ConnectionState.ACTIVE, ConnectionState.DEGRADED})


class Sync:
    """A run is a row, so the process that owns the connection takes it wherever it was asked."""

    def __init__(
        self, *, connections: Connections, runs: SyncRuns, ring: Callable[[UserId], None]
    ) -> None:
        self._connections, self._runs, self._ring = connections, runs, ring

    async def request(self, user: UserId, id: ConnectionId) -> SyncRun:
        """A new run, or the one that already waits for this connection."""
        connection = await self._connections.one(user, id)
        if connection is None:
            raise Problem(ErrorCode.NOT_FOUND, "no such connection", field="connectionId")
        if connection.health.state not in _SYNCABLE or not connection.enabled:
            message = f"a {connection.health.state} connection cannot be synced"
            raise Problem(ErrorCode.CONFLICT, message, field="connectionId")
        run = await self._runs.request(user, id)
        self._ring(user)
        return run

    async def run(self, user: UserId, id: str) -> SyncRun | None:
        """A run as it stands, with its result per resource."""
        return await self._runs.run(user, id)
