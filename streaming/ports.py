"""What a feed needs of the rest, and no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from brokers.contract import Broker
from domain.clock import Clock
from domain.connection import Connection, Freshness, Health
from domain.drift import Drift
from domain.events import Event
from domain.ids import ConnectionId, UserId
from domain.transaction import Reading
from store.ledger import Recorded
from streaming.hub import Hub
from streaming.marks import Marks


class Ledger(Protocol):
    """Where all that is heard goes."""

    async def record(self, user: UserId, connection: ConnectionId, event: Event) -> Recorded:
        """Take in an event; what became of it."""
        ...

    async def drifted(self, user: UserId, connection: ConnectionId, found: Sequence[Drift]) -> None:
        """Journal what a stream kept silent of."""
        ...

    async def newest_equity(self, connection: ConnectionId, number: str) -> datetime | None:
        """When the account's worth was last kept."""
        ...

    async def reading(self, connection: ConnectionId, number: str) -> Reading | None:
        """How far an account's transactions are read; None if it is not this connection's."""
        ...


class Connections(Protocol):
    """Where connections are kept, and how they do."""

    async def every(self) -> Sequence[Connection]:
        """All that are enabled, of all users."""
        ...

    async def set_health(
        self,
        user: UserId,
        connection: ConnectionId,
        health: Health,
        *,
        expires_at: datetime | None,
    ) -> Connection:
        """Keep it, and when the sign-in will end; journal what of that is news."""
        ...

    async def set_freshness(
        self, user: UserId, connection: ConnectionId, freshness: Sequence[Freshness]
    ) -> Connection:
        """Keep it; the connection as it now is."""
        ...


class Lines(Protocol):
    """Where a connection is signed in; raises BrokerError, or Problem if it cannot be."""

    async def open(self, connection: Connection) -> Broker:
        """The line, one for all who ask."""
        ...

    async def close(self, connection: ConnectionId) -> None:
        """Let go of its sockets."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What all feeds share."""

    lines: Lines
    ledger: Ledger
    connections: Connections
    hub: Hub
    marks: Marks
    clock: Clock
