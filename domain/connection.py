"""A link to a person's login at a broker, and how well it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.account import Environment
from domain.errors import ErrorCode
from domain.ids import ConnectionId, UserId


class Permission(StrEnum):
    """What a connection may be used for; READ lets nothing through but reads."""

    READ = "READ"
    TRADE = "TRADE"


class ConnectionState(StrEnum):
    """What the user has to know or do."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    DEGRADED = "DEGRADED"
    REAUTH_REQUIRED = "REAUTH_REQUIRED"
    DISABLED = "DISABLED"
    DISCONNECTED = "DISCONNECTED"


class Reach(StrEnum):
    """How far we get: a socket, a private read, a permission to trade."""

    DOWN = "DOWN"
    CONNECTED = "CONNECTED"
    READABLE = "READABLE"
    WRITABLE = "WRITABLE"


class Resource(StrEnum):
    """What is kept current, each with its own freshness."""

    ACCOUNTS = "ACCOUNTS"
    BALANCES = "BALANCES"
    POSITIONS = "POSITIONS"
    ORDERS = "ORDERS"
    TRANSACTIONS = "TRANSACTIONS"


class SyncStatus(StrEnum):
    """How the last attempt at a resource went."""

    NEVER = "NEVER"
    OK = "OK"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """When a resource was last known to be right, and why it is not if it is not."""

    resource: Resource
    status: SyncStatus = SyncStatus.NEVER
    succeeded_at: datetime | None = None
    attempted_at: datetime | None = None
    error: ErrorCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The last thing that went wrong, in words that are safe to show."""

    code: ErrorCode
    message: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The two axes and since when; changes of it are journalled."""

    state: ConnectionState
    reach: Reach
    since: datetime
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection as its owner sees it; its secrets are elsewhere."""

    id: ConnectionId
    user_id: UserId
    broker: str
    environment: Environment
    label: str
    permission: Permission
    enabled: bool
    health: Health
    created_at: datetime
    sync_every: timedelta | None = None
    expires_at: datetime | None = None
    persisted: bool = True
    freshness: tuple[Freshness, ...] = ()
