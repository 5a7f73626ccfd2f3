"""What is written down of every call to a broker and of every act of a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.errors import ErrorCode
from domain.ids import ConnectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that was done or tried, without secrets: `path` is a template, not what was sent.

    `actor` is who did it: a user, or a part of this server on a user's behalf. `status` is HTTP's.
    """

    at: datetime
    actor: str
    action: str
    outcome: str
    connection: ConnectionId | None = None
    method: str | None = None
    path: str | None = None
    purpose: str | None = None
    status: int | None = None
    code: ErrorCode | None = None
    request_id: str | None = None
    duration_ms: int | None = None
    correlation_id: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """An entry in its place in the chain; `hash` covers it and all before it."""

    entry: AuditEntry
    sequence: int
    hash: str
