"""The one writer: groups, failures, and what may not happen inside."""

import asyncio
import contextvars
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from tortoise.exceptions import IntegrityError

from domain.changes import Change, ChangeKind, Revocation
from domain.ids import UserId
from store.models import JournalRow, Stream, SyncRow
from store.unit import Group, Unit
from store.writer import Writer
from tests.clock import START
from tests.store.house import USER, House

EVE = UserId("eve")


async def note(unit: Unit, reason: str = "noted") -> int:
    """One journal row; its revision."""
    return unit.change(ChangeKind.REVOCATION, Revocation(subject=None, reason=reason)).revision


async def revisions(user: UserId = USER) -> list[int]:
    """What is in the journal."""
    rows = JournalRow.filter(user_id=user).order_by("revision")
    return [row.revision for row in await rows]


async def test_what_queues_up_is_written_together_and_announced_in_order(house: House) -> None:
    users = [USER, EVE, UserId("bob")]
    writes = [house.writer.write(users[index % 3], note) for index in range(60)]
    results = await asyncio.gather(*writes)
    assert results == [index // 3 + 1 for index in range(60)]
    for user in users:
        announced = [each.revision for each in house.committed if each.user_id == user]
        assert announced == await revisions(user) == list(range(1, 21))


async def test_a_job_that_fails_in_a_group_fails_alone(house: House) -> None:
    async def bad(unit: Unit) -> int:
        await note(unit, "never seen")
        raise ValueError("bad")

    jobs = [house.writer.write(USER, job) for job in (note, bad, note, note, bad)]
    results = await asyncio.gather(*jobs, return_exceptions=True)
    assert [result if isinstance(result, int) else str(result) for result in results] == [
        1,
        "bad",
        2,
        3,
        "bad",
    ]
    assert await revisions() == [1, 2, 3]
    assert [each.revision for each in house.committed] == [1, 2, 3]


async def test_a_job_that_breaks_a_constraint_fails_alone(house: House) -> None:
    async def twice(unit: Unit) -> int:
        for _ in range(2):
            await SyncRow.create(id="same", user_id=USER, connection_id="c", requested_at=START)
        return await note(unit)

    good, bad = await asyncio.gather(
        house.writer.write(USER, note), house.writer.write(USER, twice), return_exceptions=True
    )
    assert good == 1
    assert isinstance(bad, IntegrityError)
    assert await revisions() == [1]


async def test_a_caller_who_gives_up_leaves_the_others_alone(house: House) -> None:
    entered = asyncio.Event()
    go_on = asyncio.Event()

    async def slow(unit: Unit) -> int:
        entered.set()
        await go_on.wait()
        return await note(unit)

    first = asyncio.create_task(house.writer.write(USER, slow))
    await entered.wait()
    given_up = asyncio.create_task(house.writer.write(USER, note))
    kept = asyncio.create_task(house.writer.write(USER, note))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.wait([given_up])
    go_on.set()
    assert [await first, await kept] == [1, 2]
    assert await revisions() == [1, 2]


class Slow:
    """A job that is in the middle for as long as one likes."""

    def __init__(self) -> None:
        self._entered, self._go_on = asyncio.Event(), asyncio.Event()

    async def __call__(self, unit: Unit) -> Unit:
        self._entered.set()
        await self._go_on.wait()
        return unit

    @asynccontextmanager
    async def begun(self, house: House) -> AsyncIterator[asyncio.Task[Unit]]:
        """In the middle of it; it ends behind."""
        task = asyncio.create_task(house.writer.write(USER, self))
        await self._entered.wait()
        yield task
        await asyncio.sleep(0)
        self._go_on.set()
        await asyncio.wait([task])


async def test_what_comes_while_a_job_is_done_joins_it_unless_its_user_would_have_to_be_locked(
    house: House,
) -> None:
    async def quick(unit: Unit) -> Group:
        return unit.group

    async with Slow().begun(house) as first:
        users = (USER, USER, EVE, USER)
        later = [asyncio.create_task(house.writer.write(user, quick)) for user in users]
    begun = (await first).group
    assert [await each is begun for each in later] == [True, True, False, False]


async def test_who_joins_is_dated_by_when_it_came(house: House) -> None:
    async def dated(unit: Unit) -> datetime:
        return unit.now

    async with Slow().begun(house):
        joining = asyncio.create_task(house.writer.write(USER, dated))
        await house.clock.advance(1)
    assert await joining == START + timedelta(seconds=1)


async def test_who_joins_one_that_fails_is_written_nevertheless(house: House) -> None:
    async def bad(unit: Unit) -> int:
        await note(unit, "never seen")
        raise ValueError("bad")

    async with Slow().begun(house):
        joining = [asyncio.create_task(house.writer.write(USER, each)) for each in (bad, note)]
    with pytest.raises(ValueError, match="bad"):
        await joining[0]
    assert [await joining[1]] == [1] == await revisions()


async def test_a_write_inside_a_transaction_is_refused_instead_of_waiting_for_ever(
    house: House,
) -> None:
    async def nested(unit: Unit) -> int:
        return await house.writer.write(USER, note)

    async def nested_in_a_task(unit: Unit) -> int:
        return await asyncio.create_task(house.writer.write(USER, note))

    for job in (nested, nested_in_a_task):
        with pytest.raises(RuntimeError, match="inside a transaction"):
            await house.writer.write(USER, job)
    assert await house.writer.write(USER, note) == 1


async def test_a_writer_that_is_begun_inside_a_transaction_does_not_write_into_it(
    house: House,
) -> None:
    """Tortoise 1.1.9 hands a transaction to every task begun in it, and rolls back its writes."""
    other = Writer(house.db, house.clock, lambda _: None)
    running = other.running()

    async def begin_and_fail() -> None:
        async with house.db.transaction():
            await running.__aenter__()
            raise ValueError("rolled back")

    with pytest.raises(ValueError, match="rolled back"):
        await begin_and_fail()
    assert await other.write(USER, note) == 1
    await running.__aexit__(None, None, None)
    assert await revisions() == [1]


async def test_what_is_queued_when_the_writer_closes_is_still_written(house: House) -> None:
    other = Writer(house.db, house.clock, lambda _: None)
    async with other.running():
        pending = [asyncio.create_task(other.write(USER, note)) for _ in range(5)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*pending) == [1, 2, 3, 4, 5]
    with pytest.raises(RuntimeError, match="not running"):
        await other.write(USER, note)


async def test_a_transaction_that_cannot_begin_leaves_the_database_usable(house: House) -> None:
    """Tortoise 1.1.9 keeps SQLite locked, and loses a pooled connection, when BEGIN is cut off."""
    async with asyncio.timeout(20):
        for turns in (1, 2, 3) * 4:
            # So that there is a connection at hand to be lost.
            await _empty(house)
            beginning = asyncio.create_task(_empty(house))
            for _ in range(turns):
                await asyncio.sleep(0)
            beginning.cancel()
            await asyncio.wait([beginning])
        assert await house.writer.write(USER, note) == 1


async def _empty(house: House) -> None:
    async with house.db.transaction():
        pass


async def test_requests_find_the_database_that_another_task_opened(house: House) -> None:
    """Tortoise 1.1.9 keeps its context in a ContextVar that a request's task does not inherit."""
    await house.writer.write(USER, note)
    loop = asyncio.get_running_loop()
    request = loop.create_task(house.journal.head(USER), context=contextvars.Context())
    assert (await request).revision == 1


async def test_a_stream_begins_once_however_many_ask_at_once(house: House) -> None:
    heads = await asyncio.gather(*(house.journal.head(EVE) for _ in range(10)))
    assert len({head.tag for head in heads}) == 1
    assert await Stream.filter(user_id=EVE).count() == 1


async def test_changes_are_announced_only_after_they_can_be_read(house: House) -> None:
    seen: list[Change] = []
    readable: list[int] = []

    def committed(changes: object) -> None:
        assert isinstance(changes, tuple)
        seen.extend(changes)
        reading.append(asyncio.ensure_future(house.journal.after(USER, 0)))

    reading: list[asyncio.Future[tuple[Change, ...]]] = []
    other = Writer(house.db, house.clock, committed)
    async with other.running():
        await other.write(USER, note)
        readable = [change.revision for change in await reading[0]]
    assert readable == [1] == [change.revision for change in seen]
