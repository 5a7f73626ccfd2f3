"""The only way out to a broker: permission, turn, and one record of every call."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from brokers.limits import Limits, Purpose
from domain.clock import Clock
from domain.connection import Permission
from domain.errors import (
    BrokerError,
    NotPermitted,
    Refused,
    Unintelligible,
    Unreachable,
)
from domain.ids import ConnectionId, UserId

__all__ = ["Call", "CallRecord", "Gate", "Limits", "Outcome", "Passage", "Purpose", "unwatched"]

_NEEDS_TRADE = frozenset({Purpose.TRADE, Purpose.CANCEL})


class Outcome(StrEnum):
    """What became of a call; DENIED is ours: nothing was sent."""

    OK = "OK"
    REFUSED = "REFUSED"
    UNREACHABLE = "UNREACHABLE"
    UNKNOWN = "UNKNOWN"
    UNINTELLIGIBLE = "UNINTELLIGIBLE"
    DENIED = "DENIED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is about to be asked; `path` is the template, never the filled-in one."""

    operation: str
    purpose: Purpose
    method: str
    path: str
    correlation_id: str = field(default_factory=lambda: uuid4().hex)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call as the audit keeps it: no body, no header, no filled-in path."""

    at: datetime
    user: UserId
    connection: ConnectionId
    operation: str
    method: str
    path: str
    purpose: Purpose
    status: int | None
    outcome: Outcome
    code: str | None
    request_id: str | None
    duration_ms: int
    correlation_id: str | None


@dataclass(slots=True)
class Passage:
    """What a call learns on its way; whoever carries it out fills it in."""

    status: int | None = None
    request_id: str | None = None


def unwatched(call: Call) -> None:
    """Nobody watches."""


class Gate:
    """Lets a connection's calls out, one by one; every attempt is recorded exactly once."""

    def __init__(
        self,
        *,
        user: UserId,
        connection: ConnectionId,
        permission: Callable[[], Permission],
        limits: Limits,
        record: Callable[[CallRecord], Awaitable[None]],
        clock: Clock,
        written: Callable[[Call], None] = unwatched,
    ) -> None:
        self.user, self.connection, self.limits, self.written = user, connection, limits, written
        self._permission, self._record, self._clock = permission, record, clock

    @asynccontextmanager
    async def passing(self, call: Call) -> AsyncIterator[Passage]:
        """Wait for the turn, then let the block send; NotPermitted or RateLimited if it may not."""
        passage, began = Passage(), self._clock.monotonic()
        try:
            await self._admit(call)
        except Refused as denied:
            await self._write(call, passage, began, Outcome.DENIED, denied.code)
            raise
        began, failure = self._clock.monotonic(), None
        try:
            yield passage
        except BaseException as error:
            failure = error
            raise
        finally:
            code = failure.code if isinstance(failure, BrokerError) else None
            # A caller who gives up must not leave a call behind that nobody wrote down.
            await asyncio.shield(self._write(call, passage, began, _outcome(failure), code))

    async def _admit(self, call: Call) -> None:
        if call.purpose in _NEEDS_TRADE and self._permission() is not Permission.TRADE:
            raise NotPermitted("this connection may only read; allow it to trade first")
        await self.limits.admit(self.user, self.connection, call.purpose)

    async def _write(
        self, call: Call, passage: Passage, began: float, outcome: Outcome, code: str | None
    ) -> None:
        await self._record(
            CallRecord(
                at=self._clock.now(),
                user=self.user,
                connection=self.connection,
                operation=call.operation,
                method=call.method,
                path=call.path,
                purpose=call.purpose,
                status=passage.status,
                outcome=outcome,
                code=code,
                request_id=passage.request_id,
                duration_ms=round((self._clock.monotonic() - began) * 1000),
                correlation_id=call.correlation_id,
            )
        )


def _outcome(failure: BaseException | None) -> Outcome:
    """Anything that we have no word for is UNKNOWN, which is the truth about it."""
    match failure:
        case None:
            return Outcome.OK
        case Refused():
            return Outcome.REFUSED
        case Unreachable():
            return Outcome.UNREACHABLE
        case Unintelligible():
            return Outcome.UNINTELLIGIBLE
        case _:
            return Outcome.UNKNOWN
