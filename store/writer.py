"""The one writer: every change of a user's state is made under that user's lock, in groups."""

import asyncio
import contextlib
import contextvars
from collections import deque
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Container,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from typing import Any, TypeVar

from domain.changes import Change
from domain.clock import Clock
from domain.ids import UserId
from store.audit_chain import AuditChain
from store.database import Database
from store.engines import CommitLost
from store.models import Stream, new_stream
from store.unit import Group, Unit

T = TypeVar("T")
Committed = Callable[[Sequence[Change]], None]

# So that one commit never keeps readers and other processes waiting for long.
_LARGEST_GROUP = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Job:
    user: UserId
    work: Callable[[Unit], Awaitable[object]]
    about: object
    done: asyncio.Future[Any]


class Writer:
    """Writes what queued up during the last commit in one transaction: no timer, no waiting.

    What comes until its last job is done joins it, if it is of a user whom the transaction has
    locked: so the second of two events that follow closely does not wait for the commit of the
    first.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        committed: Committed,
        *,
        chain: AuditChain | None = None,
    ) -> None:
        self.db, self.clock, self.chain = db, clock, chain
        self._committed = committed
        self._queue: deque[_Job] = deque()
        self._wake = asyncio.Event()
        self._open = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write while inside; what is queued at the end is still written."""
        self._open = True
        # A clean context: a task that inherited a transaction would write into it.
        task = asyncio.get_running_loop().create_task(self._run(), context=contextvars.Context())
        try:
            yield
        finally:
            self._open = False
            self._wake.set()
            await task

    @property
    def is_open(self) -> bool:
        """Whether what is queued now will be written; false once it has stopped, however."""
        return self._open

    async def write(
        self, user: UserId, job: Callable[[Unit], Awaitable[T]], *, about: object = None
    ) -> T:
        """What the job returns, once it is committed; what it raises, with nothing written.

        The job may run twice and must await nothing but the database. `about` is a hint to the
        jobs of the same transaction (see Group).
        """
        if not self._open:
            raise RuntimeError("the writer is not running")
        if self.db.inside():
            raise RuntimeError("a write inside a transaction would wait for itself")
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.append(_Job(user=user, work=job, about=about, done=done))
        self._wake.set()
        return await done

    async def _run(self) -> None:
        try:
            while self._open or self._queue:
                await self._wake.wait()
                self._wake.clear()
                while self._queue:
                    await self._write_group(self._take(_LARGEST_GROUP))
        finally:
            self._open = False
            _fail(list(self._queue), RuntimeError("the writer has stopped"))

    def _take(self, room: int, locked: Container[UserId] | None = None) -> list[_Job]:
        """The head of the queue, as far as its users are `locked`: nobody is overtaken."""
        jobs: list[_Job] = []
        while self._queue and len(jobs) < room:
            if locked is not None and self._queue[0].user not in locked:
                break
            job = self._queue.popleft()
            if not job.done.done():
                jobs.append(job)
        return jobs

    async def _write_group(self, jobs: list[_Job], *, room: int = _LARGEST_GROUP) -> None:
        """All together; if that fails, each alone, so that a bad one fails alone.

        Takes in who joins them, until they are so many.
        """
        if not jobs:
            return
        try:
            results, changes = await self._transact(jobs, room)
        except CommitLost as error:
            _fail(jobs, error)
        except Exception as error:  # noqa: BLE001 (it is raised to whoever asked for the job)
            if len(jobs) == 1:
                _fail(jobs, error)
                return
            for job in jobs:
                await self._write_group([job], room=1)
        else:
            self._announce(jobs, results, changes)

    def _announce(
        self, jobs: list[_Job], results: list[object], changes: list[tuple[Change, ...]]
    ) -> None:
        for made in changes:
            self._committed(made)
        for job, result in zip(jobs, results, strict=True):
            if not job.done.done():
                job.done.set_result(result)

    async def _transact(
        self, jobs: list[_Job], room: int
    ) -> tuple[list[object], list[tuple[Change, ...]]]:
        about = [(job.user, job.about) for job in jobs]
        lost: CommitLost | None = None
        try:
            async with self.db.transaction():
                group = Group(self.db.batches, self.clock.now(), self.chain, about)
                units = await _units(group)
                results = await self._work(jobs, group, units, room)
                try:
                    await group.finish(units.values())
                except CommitLost as error:
                    lost = error
                    raise
        except Exception as error:
            # Rolling back where the database went away fails in its own way.
            if lost is not None and error is not lost:
                raise lost from error
            raise
        return results, [tuple(unit.changes) for unit in units.values() if unit.changes]

    async def _work(
        self, jobs: list[_Job], group: Group, units: Mapping[UserId, Unit], room: int
    ) -> list[object]:
        results: list[object] = []
        while len(results) < len(jobs):
            job = jobs[len(results)]
            results.append(await job.work(units[job.user]))
            if len(results) == len(jobs):
                joining = self._take(room - len(jobs), units)
                if joining:
                    jobs += joining
                    group.now = self.clock.now()
        return results


async def _units(group: Group) -> dict[UserId, Unit]:
    """Lock the users' streams in ascending order, so that two writers never embrace."""
    users = sorted({user for user, _ in group.about})
    found = await group.begin((_LOCK, [users]))
    missing = set(users) - {row["user_id"] for row in found}
    if missing:
        streams = map(new_stream, sorted(missing))
        await Stream.bulk_create(streams, ignore_conflicts=True)
        # What was read without their locks is read again with them.
        found = await group.begin((_LOCK, [users]))
    return {
        row["user_id"]: Unit(
            group,
            row["user_id"],
            revision=row["revision"],
            audit_sequence=row["audit_sequence"],
            audit_head=row["audit_head"],
        )
        for row in found
    }


_LOCK = """
SELECT user_id, revision, audit_sequence, audit_head
FROM stream WHERE user_id = ANY($1) ORDER BY user_id FOR UPDATE
""".strip()


def _fail(jobs: list[_Job], error: Exception) -> None:
    for job in jobs:
        if not job.done.done():
            job.done.set_exception(error)
