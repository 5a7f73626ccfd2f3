"""A request to bring a connection up to date now, and what came of it."""

from dataclasses import dataclass
from datetime import datetime

from domain.connection import Resource, SyncStatus
from domain.errors import ErrorCode
from domain.ids import ConnectionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """How one resource fared; `count` is how many of it were read."""

    resource: Resource
    status: SyncStatus
    count: int
    error: ErrorCode | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRun:
    """Asked for, taken up by the process that owns the connection, finished."""

    id: str
    user_id: UserId
    connection_id: ConnectionId
    requested_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    results: tuple[SyncResult, ...] = ()
