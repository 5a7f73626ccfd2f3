"""Connections run while their lease is held, and stop by themselves when it is not."""

import asyncio
from datetime import timedelta

from domain.ids import ConnectionId
from streaming.feeds import Feeds
from streaming.ownership import Ownership
from tests.clock import FakeClock
from tests.streaming.ports import Bench, ListRuns
from tests.streaming.test_feeds import PLUGIN

LINE = ConnectionId("line")


class PaperLease:
    """A lease that a test gives and takes; a database that is `down` cannot be asked."""

    lasts = timedelta(seconds=15)

    def __init__(self) -> None:
        self.free, self.held, self.down = True, False, False
        self.takes, self.releases = 0, 0

    async def take(self) -> bool:
        """If it is free."""
        self.takes += 1
        if self.down:
            raise ConnectionError("nobody there")
        self.held = self.free
        return self.held

    async def release(self) -> None:
        """Count."""
        self.releases += 1
        self.held = False


async def test_it_is_asked_for_several_times_while_it_is_good_and_given_back_at_the_end(
    clock: FakeClock,
) -> None:
    lease, changes = PaperLease(), list[bool]()
    ownership = Ownership(lease, clock)
    async with ownership.running(lambda: changes.append(ownership.owns(LINE))):
        await clock.advance(9)
        assert lease.takes >= 3
        assert changes == [True]
        lease.free = False
        await clock.advance(3)
        assert changes == [True, False]
        lease.down = True
        await clock.advance(9)
        lease.down, lease.free = False, True
        await clock.advance(3)
        assert changes == [True, False, True]
    assert lease.releases == 1
    assert clock.sleeping == 0


async def test_feeds_stop_when_the_lease_is_gone_even_if_the_database_is_too(
    bench: Bench, clock: FakeClock
) -> None:
    lease = PaperLease()
    ownership = Ownership(lease, clock)
    feeds = Feeds(bench.ports, ListRuns(), {"scripted": PLUGIN}, owns=ownership.owns)
    async with ownership.running(feeds.ring), feeds.running():
        await clock.advance(30)
        assert (bench.opens > 0, bench.closes) == (True, 0)
        bench.unread = ConnectionError("nobody there")
        lease.down, lease.held = True, False
        await clock.advance(1)
        assert bench.closes == 1
        looks = bench.broker.looks
        await clock.advance(60)
        assert bench.broker.looks == looks
        bench.unread, lease.down = None, False
        await clock.advance(30)
        assert bench.broker.looks > looks


async def test_who_does_not_get_the_lease_runs_nothing_and_finishes_no_sync(
    bench: Bench, clock: FakeClock
) -> None:
    lease, runs = PaperLease(), ListRuns()
    lease.free = False
    ownership = Ownership(lease, clock)
    feeds = Feeds(bench.ports, runs, {"scripted": PLUGIN}, owns=ownership.owns)
    runs.ask("run")
    async with ownership.running(feeds.ring), feeds.running():
        await clock.advance(60)
        assert (bench.opens, runs.started) == (0, [])
        lease.free = True
        await clock.advance(4)
        assert runs.started == ["run"]
    assert [task.get_name() for task in asyncio.all_tasks() if task.get_name() == "lease"] == []
