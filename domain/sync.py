"""A reading of everything of a connection that a person asked for, and how it went."""

from dataclasses import dataclass
from datetime import datetime

from domain.connection import Resource, SyncStatus
from domain.errors import ErrorCode
from domain.ids import ConnectionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """How one resource went: how many items were read, or why it failed."""

    resource: Resource
    status: SyncStatus
    count: int
    error: ErrorCode | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRun:
    """One run, which the process that owns the connection takes."""

    id: str
    user_id: UserId
    connection_id: ConnectionId
    requested_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    results: tuple[SyncResult, ...] = ()
