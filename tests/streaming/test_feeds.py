"""What runs follows what is enabled, and syncs that people ask for are done."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from brokers.contract import Broker, Keys, Opening, Plugin
from domain.changes import Change, ChangeKind
from domain.connection import ConnectionState, Health, Reach, SyncStatus
from domain.errors import CredentialsRejected, ErrorCode, Problem
from domain.ids import ConnectionId
from streaming.feeds import Feeds
from tests.clock import START, FakeClock, rest
from tests.streaming.broker import capabilities
from tests.streaming.ports import Bench, ListRuns, change_of, connection
from tests.streaming.samples import order

LINE = ConnectionId("line")


async def never(opening: Opening) -> Broker:
    raise AssertionError(opening)


PLUGIN = Plugin(
    name="scripted",
    title="Scripted",
    sign_ins=(Keys(fields=()),),
    capabilities=capabilities(frozenset()),
    endpoints={},
    open=never,
)


@pytest.fixture
def runs() -> ListRuns:
    return ListRuns()


@asynccontextmanager
async def running(
    bench: Bench,
    clock: FakeClock,
    runs: ListRuns,
    owns: Callable[[ConnectionId], bool] = lambda _: True,
) -> AsyncIterator[Feeds]:
    """Feeds that have come to rest; afterwards nothing is left of them."""
    before = asyncio.all_tasks()
    feeds = Feeds(bench.ports, runs, {"scripted": PLUGIN}, owns=owns)
    async with feeds.running():
        await rest()
        yield feeds
    assert asyncio.all_tasks() == before
    assert clock.sleeping == 0


def told(bench: Bench) -> list[Change]:
    """That the connection changed."""
    return [
        Change(
            user_id=bench.now.user_id,
            revision=1,
            kind=ChangeKind.CONNECTION,
            at=START,
            value=bench.now,
            connection_id=bench.now.id,
        )
    ]


def state(bench: Bench) -> ConnectionState:
    """How the connection is kept to be."""
    return bench.now.health.state


def pending(seconds: float) -> Health:
    """Signed in anew so long after the start."""
    since = START + timedelta(seconds=seconds)
    return Health(state=ConnectionState.PENDING, reach=Reach.DOWN, since=since)


async def test_a_connection_that_is_made_is_followed_at_once_and_no_longer_once_disabled(
    bench: Bench, clock: FakeClock, runs: ListRuns
) -> None:
    made, bench.connections = bench.connections, []
    async with running(bench, clock, runs) as feeds:
        assert bench.broker.looks == 0
        bench.connections = made
        feeds.heard(told(bench))
        await rest()
        assert bench.broker.looks == 1
        bench.connections = [replace(bench.now, enabled=False)]
        feeds.heard(told(bench))
        await rest()
        assert bench.closes == 1
        await clock.advance(60)
        assert bench.broker.looks == 1


async def test_what_another_process_changed_is_seen_within_a_second(
    bench: Bench, clock: FakeClock, runs: ListRuns
) -> None:
    made, bench.connections = bench.connections, []
    async with running(bench, clock, runs):
        bench.connections = made
        await clock.advance(1)
        assert bench.broker.looks == 1


async def test_only_connections_of_this_process_are_run(
    bench: Bench, clock: FakeClock, runs: ListRuns
) -> None:
    runs.ask("mine?")
    async with running(bench, clock, runs, owns=lambda _: False):
        await clock.advance(60)
        assert bench.broker.looks == 0
        assert runs.started == []


@pytest.mark.parametrize(
    "state",
    [ConnectionState.REAUTH_REQUIRED, ConnectionState.DISABLED, ConnectionState.DISCONNECTED],
)
async def test_a_connection_that_cannot_be_read_is_left_alone(
    bench: Bench, clock: FakeClock, runs: ListRuns, state: ConnectionState
) -> None:
    bench.connections = [connection(state=state)]
    async with running(bench, clock, runs):
        await clock.advance(60)
        assert bench.opens == 0


async def test_wrong_keys_are_not_tried_again_until_they_are_mended(
    bench: Bench, clock: FakeClock, runs: ListRuns
) -> None:
    bench.broker.ails = CredentialsRejected("no")
    async with running(bench, clock, runs):
        await clock.advance(600)
        assert bench.opens == 1
        assert state(bench) is ConnectionState.REAUTH_REQUIRED
        bench.broker.ails = None
        bench.connections = [replace(bench.now, health=pending(600))]
        await clock.advance(1)
        assert state(bench) is ConnectionState.ACTIVE


async def test_a_connection_signed_in_anew_elsewhere_is_opened_anew_once(
    bench: Bench, clock: FakeClock, runs: ListRuns
) -> None:
    async with running(bench, clock, runs):
        await clock.advance(5)
        closes = bench.closes
        bench.connections = [replace(bench.now, health=pending(5))]
        await clock.advance(5)
        assert bench.closes == closes + 1
        assert state(bench) is ConnectionState.ACTIVE


async def test_a_first_sign_in_that_is_awaited_is_not_asked_for_every_second(
    bench: Bench, clock: FakeClock, runs: ListRuns
) -> None:
    bench.connections = [replace(connection(), health=pending(0))]
    bench.refuses = Problem(ErrorCode.CREDENTIALS_REJECTED, "none yet")
    async with running(bench, clock, runs):
        assert bench.opens == 1
        await clock.advance(60)
        assert bench.opens == 1
        assert state(bench) is ConnectionState.PENDING


async def test_restarting_opens_the_line_anew(
    bench: Bench, clock: FakeClock, runs: ListRuns
) -> None:
    async with running(bench, clock, runs) as feeds:
        feeds.restart(LINE)
        await rest()
        assert bench.closes == 1
        assert bench.broker.looks == 2


async def test_another_interval_begins_the_feed_anew(
    bench: Bench, clock: FakeClock, runs: ListRuns
) -> None:
    async with running(bench, clock, runs) as feeds:
        bench.connections = [replace(bench.now, sync_every=timedelta(minutes=15))]
        feeds.ring()
        await rest()
        assert bench.closes == 1
        assert bench.broker.syncs == 2


async def test_a_sync_is_done_within_a_second_or_at_a_ring(
    bench: Bench, clock: FakeClock, runs: ListRuns
) -> None:
    async with running(bench, clock, runs) as feeds:
        runs.ask("one")
        await clock.advance(1)
        assert {result.status for result in runs.finished["one"]} == {SyncStatus.OK}
        runs.ask("two")
        feeds.ring()
        await rest()
        assert "two" in runs.finished
        assert runs.started == ["one", "two"]
        assert bench.broker.syncs == 3


async def test_a_sync_of_a_connection_that_does_not_run_is_told_why(
    bench: Bench, clock: FakeClock, runs: ListRuns
) -> None:
    runs.ask("one", "nowhere")
    async with running(bench, clock, runs):
        await clock.advance(1)
        assert {r.error for r in runs.finished["one"]} == {ErrorCode.CREDENTIALS_REJECTED}


async def test_a_sync_that_finds_the_keys_dead_ends_the_feed(
    bench: Bench, clock: FakeClock, runs: ListRuns
) -> None:
    async with running(bench, clock, runs) as feeds:
        bench.broker.ails = CredentialsRejected("no")
        runs.ask("one")
        feeds.ring()
        await clock.advance(2)
        assert state(bench) is ConnectionState.REAUTH_REQUIRED
        assert bench.closes == 1


async def test_an_open_order_makes_its_connection_be_looked_at(
    bench: Bench, clock: FakeClock, runs: ListRuns
) -> None:
    async with running(bench, clock, runs) as feeds:
        await clock.advance(5)
        feeds.heard([change_of(order("1"))])
        await rest()
        assert bench.broker.looks == 2


async def test_a_feed_that_breaks_by_a_fault_of_ours_runs_again(
    bench: Bench, clock: FakeClock, runs: ListRuns, caplog: pytest.LogCaptureFixture
) -> None:
    bench.unwritten = OSError("the database is away")
    async with running(bench, clock, runs):
        await clock.advance(0.5)
        bench.unwritten = None
        await clock.advance(2)
        assert bench.now.freshness
    assert "A feed broke" in caplog.text


async def test_a_database_that_is_away_for_a_while_is_logged_once(
    bench: Bench, clock: FakeClock, runs: ListRuns, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, logger="streaming.feeds")
    bench.unread = OSError("the database is away")
    async with running(bench, clock, runs):
        await clock.advance(10)
        bench.unread = None
        await clock.advance(1)
        assert bench.broker.looks == 1
    assert len(caplog.records) == 1
