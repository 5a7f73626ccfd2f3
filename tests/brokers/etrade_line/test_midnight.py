"""A sign-in's day: it idles, it is renewed, and it ends at midnight in New York, on any day."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

import sandbox
from brokers.etrade.capabilities import CAPABILITIES
from brokers.etrade.line import Line
from brokers.etrade.times import NEW_YORK, next_midnight
from domain.connection import Connection, ConnectionState
from domain.errors import BrokerError, CredentialsRejected
from sandbox import Sandbox
from streaming.feed import Feed
from tests.brokers.desk import Desk
from tests.brokers.etrade_line.scene import lined, sent
from tests.brokers.tickets import APPLE
from tests.clock import FakeClock
from tests.streaming.ports import Bench
from tests.waiting import until

# The day before, the day on which the clocks change, and the day after, before they do.
DAYS = [
    datetime(2026, month, day, 1, 0, tzinfo=NEW_YORK)
    for month, day in ((3, 7), (3, 8), (3, 9), (10, 31), (11, 1), (11, 2), (6, 1))
]
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A line whose clock is the sandbox's too."""

    clock: FakeClock
    box: Sandbox
    line: Line


@asynccontextmanager
async def begun(start: datetime) -> AsyncIterator[Day]:
    clock = FakeClock(start.astimezone(UTC))
    async with (
        sandbox.serve(seed=1, clock=clock.now, rate_limit=1_000_000) as box,
        lined(box, Desk(clock=clock)) as line,
    ):
        yield Day(clock=clock, box=box, line=line)


@asynccontextmanager
async def pricing(line: Line) -> AsyncIterator["asyncio.Task[None]"]:
    """What a feed does all day."""

    async def drain() -> None:
        async for _ in line.marks():
            pass

    task = asyncio.create_task(drain())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, BrokerError):
            await task


@pytest.mark.parametrize("start", DAYS, ids=lambda start: f"{start:%m-%d}")
async def test_it_ends_at_midnight_and_nothing_is_asked_for_after_that(start: datetime) -> None:
    async with begun(start) as day:
        ends = day.line.expires_at
        assert ends is not None
        local = ends.astimezone(NEW_YORK)
        assert (local.date() - start.date(), local.hour) == (timedelta(days=1), 0)
        before = ends - MINUTE - day.clock.now()
        day.box.etrade.access.clockwork.skew = timedelta(days=2)
        for token in day.box.etrade.tokens.access.values():
            token.used = ends - MINUTE
        await day.clock.advance(before.total_seconds())
        assert await day.line.accounts()
        await day.clock.advance(60)
        asked = len(day.box.log.entries)
        for _ in range(3):
            with pytest.raises(CredentialsRejected, match="midnight"):
                await day.line.accounts()
        assert len(day.box.log.entries) == asked


@pytest.mark.parametrize("start", DAYS, ids=lambda start: f"{start:%m-%d}")
async def test_the_sandbox_holds_the_same_midnight(start: datetime) -> None:
    async with begun(start) as day:
        ends = next_midnight(start)
        (token,) = day.box.etrade.tokens.access.values()
        assert token.ends == ends
        hours = {(3, 8): 22, (11, 1): 24}.get((start.month, start.day), 23)
        assert ends - day.clock.now() == timedelta(hours=hours)


async def test_it_is_kept_from_idling_while_somebody_follows_prices_or_nobody_does() -> None:
    async with begun(DAYS[-1]) as day, pricing(day.line) as following:
        assert await day.line.accounts()
        for renewals in (1, 2, 3):
            await until(lambda: day.clock.sleeping)
            await day.clock.advance(110 * 60)
            await until(lambda many=renewals: sent(day.box, "/renew_access_token") == many)  # type: ignore[misc]  # bound at once
        assert await day.line.accounts()
        assert not following.done()


async def test_its_end_is_told_at_midnight_to_whoever_follows_prices() -> None:
    start = datetime(2026, 6, 1, 23, 0, tzinfo=NEW_YORK)
    async with begun(start) as day, pricing(day.line) as following:
        await until(lambda: day.clock.sleeping)
        await day.clock.advance(3600)
        await until(following.done)
        with pytest.raises(CredentialsRejected, match="midnight"):
            following.result()


async def test_a_token_that_has_idled_is_renewed_and_the_read_repeated() -> None:
    async with begun(DAYS[-1]) as day:
        (token,) = day.box.etrade.tokens.access.values()
        token.used = day.clock.now() - timedelta(hours=3)
        assert await day.line.accounts()
        assert sent(day.box, "/renew_access_token") == 1
        assert sent(day.box, "/accounts/list.json") == 2


async def test_those_who_find_it_asleep_at_once_renew_it_once() -> None:
    async with begun(DAYS[-1]) as day:
        (token,) = day.box.etrade.tokens.access.values()
        token.used = day.clock.now() - timedelta(hours=3)
        await asyncio.gather(*(day.line.quotes([APPLE]) for _ in range(5)))
        assert sent(day.box, "/renew_access_token") == 1


async def test_a_token_that_was_in_use_before_a_restart_is_renewed_to_be_sure() -> None:
    async with begun(DAYS[-1]) as day:
        credentials = day.box.etrade.token()
        await day.clock.advance(3 * 3600)
        async with lined(day.box, Desk(clock=day.clock), credentials) as line:
            assert await line.accounts()
            assert await line.accounts()
        assert sent(day.box, "/renew_access_token") == 1
        assert sent(day.box, "/accounts/list.json") == 2


async def test_a_token_that_is_revoked_ends_the_sign_in_without_a_storm() -> None:
    async with begun(DAYS[-1]) as day:
        (token,) = day.box.etrade.tokens.access.values()
        token.revoked = True
        for _ in range(5):
            with pytest.raises(CredentialsRejected):
                await day.line.accounts()
        assert len(day.box.log.entries) == 2


async def test_disconnecting_gives_the_token_back() -> None:
    async with begun(DAYS[-1]) as day:
        await day.line.revoke()
        (token,) = day.box.etrade.tokens.access.values()
        assert token.revoked


class Real(Bench):
    """The store in memory, and the line to the sandbox."""

    def __init__(self, day: Day) -> None:
        super().__init__(day.clock)
        self.line = day.line

    async def open(self, connection: Connection) -> Line:  # type: ignore[override]  # a real one
        return self.line


async def test_at_midnight_the_feed_says_that_one_has_to_sign_in_again() -> None:
    async with begun(datetime(2026, 6, 1, 23, 0, tzinfo=NEW_YORK)) as day:
        bench = Real(day)
        feed = asyncio.create_task(Feed(bench.now, CAPABILITIES, bench.ports).run())
        await until(lambda: day.clock.sleeping >= 3)
        assert bench.now.expires_at == day.line.expires_at
        await day.clock.advance(3600)
        await until(lambda: day.clock.sleeping or feed.done())
        await day.clock.advance(1)
        await until(feed.done)
        assert bench.now.health.state is ConnectionState.REAUTH_REQUIRED
