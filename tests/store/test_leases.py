"""One process at a time, and what it wrote too late is not written."""

import asyncio
import contextvars
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from domain.clock import Clock
from store.database import Database
from store.leases import Fenced, Lease
from store.unit import Group, Unit
from tests.clock import FakeClock
from tests.store.house import USER, House
from tests.store.samples import report, snapshot

LASTS = timedelta(seconds=15)


@pytest.fixture
async def db(migrated_postgres_url: str) -> AsyncIterator[Database]:
    db = await Database.open(migrated_postgres_url)
    yield db
    await db.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def lease(db: Database, clock: Clock, lasts: timedelta = LASTS) -> Lease:
    """As one process has it."""
    return Lease(db, clock, "connections", lasts=lasts)


async def _expire(db: Database) -> None:
    """As if its time were over: the database's own clock cannot be moved."""
    await db.client.execute_query("UPDATE lease SET until = until - interval '1 hour'")


async def test_one_has_it_until_its_time_is_over(db: Database, clock: FakeClock) -> None:
    one, two = lease(db, clock), lease(db, clock)
    assert not one.held
    assert await one.take()
    assert not await two.take()
    assert await one.take()
    assert (one.held, two.held) == (True, False)
    await _expire(db)
    assert await two.take()
    assert not await one.take()
    assert (one.held, two.held) == (False, True)


async def test_whoever_lets_it_go_keeps_nobody_waiting(db: Database, clock: FakeClock) -> None:
    one, two = lease(db, clock), lease(db, clock)
    await one.take()
    await two.release()
    assert not await two.take()
    await one.release()
    assert not one.held
    assert await two.take()


async def test_its_owner_stops_counting_on_it_before_it_ends(
    db: Database, clock: FakeClock
) -> None:
    one = lease(db, clock)
    await one.take()
    counted_on = []
    for _ in range(2):
        await clock.advance(9)
        counted_on.append(one.held)
    assert counted_on == [True, False]
    assert await one.take()


async def test_names_do_not_meet(db: Database, clock: FakeClock) -> None:
    other = Lease(db, clock, "other", lasts=LASTS)
    assert await lease(db, clock).take()
    assert await other.take()


async def test_what_was_taken_over_is_written_by_nobody_else(
    db: Database, house: House, clock: FakeClock
) -> None:
    connection = await house.connect()
    one, two = lease(db, clock), lease(db, clock)
    mine, others = house.ledger.fenced(one.required), house.ledger.fenced(two.required)
    await one.take()
    await mine.record(USER, connection.id, snapshot())
    with pytest.raises(Fenced):
        await others.record(USER, connection.id, report())
    await _expire(db)
    # Nobody has taken it over: a late write does no harm.
    await mine.record(USER, connection.id, report(seconds=1))
    await two.take()
    with pytest.raises(Fenced):
        await mine.record(USER, connection.id, report(seconds=2, filled="1"))
    await others.record(USER, connection.id, report(seconds=2, filled="2"))
    (order,) = (await house.reads.orders(USER, first=10)).items
    assert order.filled_quantity == 2
    # It has been another's meanwhile, so what was begun before is of an older fence.
    await _expire(db)
    stale = one._fence
    assert await one.take()
    assert one._fence == (stale or 0) + 2


async def test_who_never_had_it_may_send_and_who_lost_it_unknowing_may_not(
    db: Database, house: House, clock: FakeClock
) -> None:
    connection = await house.connect()
    one, two = lease(db, clock), lease(db, clock)
    web = house.ledger.fenced(one.unbroken)
    await web.record(USER, connection.id, snapshot())
    await one.take()
    await web.record(USER, connection.id, report(seconds=1))
    await _expire(db)
    await two.take()
    with pytest.raises(Fenced):
        await web.record(USER, connection.id, report(seconds=2, filled="1"))
    await one.take()
    await web.record(USER, connection.id, report(seconds=2, filled="1"))


_WAITING = "SELECT count(*) AS n FROM pg_locks WHERE NOT granted"


async def test_a_take_over_waits_for_the_write_that_was_allowed(
    db: Database, clock: FakeClock
) -> None:
    one, two = lease(db, clock), lease(db, clock)
    await one.take()
    await _expire(db)
    outside = contextvars.copy_context()
    async with db.transaction():
        group = Group(db.batches, clock.now())
        await one.required(Unit(group, USER, revision=0, audit_sequence=0, audit_head=""))
        taking = asyncio.get_running_loop().create_task(two.take(), context=outside)
        async with asyncio.timeout(10):
            while not (await db.client.execute_query_dict(_WAITING))[0]["n"]:  # noqa: ASYNC110 (no event)
                await asyncio.sleep(0.002)
        assert not taking.done()
    assert await taking
