"""Sync runs: rows by which any process asks the one that owns a connection."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from domain.errors import ErrorCode, Problem
from domain.ids import ConnectionId, UserId
from domain.sync import SyncResult, SyncRun
from store.codec import decode, encode
from store.models import SyncRow
from store.unit import Unit
from store.writer import Writer

# Of all connections of a user together.
MOST_A_MINUTE = 60


class SyncRuns:
    """Asked for by anybody, started and finished by the owner."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def request(self, user: UserId, connection: ConnectionId) -> SyncRun:
        """A new run, or the one that already waits for this connection.

        Problem(TOO_MANY_REQUESTS) if the user has asked for too many lately.
        """

        async def job(unit: Unit) -> SyncRun:
            waiting = SyncRow.filter(
                user_id=user, connection_id=connection, started_at=None, finished_at=None
            )
            row = await waiting.first()
            if row is None:
                await _check_rate(user, unit.now)
                row = await SyncRow.create(
                    id=str(uuid4()),
                    user_id=user,
                    connection_id=connection,
                    requested_at=unit.now,
                )
            return _run(row)

        return await self._writer.write(user, job)

    async def pending(self) -> tuple[SyncRun, ...]:
        """All that are not finished, oldest first; one that was started died with its process."""
        return tuple(map(_run, await SyncRow.filter(finished_at=None).order_by("requested_at")))

    async def start(self, run: SyncRun) -> None:
        """It is being done."""

        async def job(unit: Unit) -> None:
            await SyncRow.filter(id=run.id).update(started_at=unit.now)

        await self._writer.write(run.user_id, job)

    async def finish(self, run: SyncRun, results: Sequence[SyncResult]) -> None:
        """It is over, and this is how it went."""

        async def job(unit: Unit) -> None:
            row = SyncRow.filter(id=run.id)
            await row.update(finished_at=unit.now, results=encode(tuple(results)))

        await self._writer.write(run.user_id, job)

    async def run(self, user: UserId, id: str) -> SyncRun | None:
        """The user's run, None if there is none of this id."""
        row = await SyncRow.get_or_none(id=id, user_id=user)
        return None if row is None else _run(row)


async def _check_rate(user: UserId, now: datetime) -> None:
    """Each run reads everything of a connection, of which brokers allow only so much."""
    lately = SyncRow.filter(user_id=user, requested_at__gt=now - timedelta(minutes=1))
    if await lately.count() >= MOST_A_MINUTE:
        message = f"at most {MOST_A_MINUTE} syncs a minute: what is shown is kept current anyway"
        raise Problem(ErrorCode.TOO_MANY_REQUESTS, message)


def _run(row: SyncRow) -> SyncRun:
    return SyncRun(
        id=row.id,
        user_id=UserId(row.user_id),
        connection_id=ConnectionId(row.connection_id),
        requested_at=row.requested_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        results=decode(tuple[SyncResult, ...], row.results) if row.results else (),
    )
