"""What an account is worth, kept at syncs and at the close."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from domain.equity import EquityPoint, EquitySource
from domain.errors import NotPermitted
from streaming.pace import last_close, next_close
from tests.clock import START, FakeClock
from tests.streaming.feeding import running
from tests.streaming.ports import Bench
from tests.streaming.samples import snapshot


def told(days: int) -> EquityPoint:
    at = START - timedelta(days=days)
    source = EquitySource.BROKER
    return EquityPoint(at=at, equity=Decimal(9), currency="USD", source=source, day=at.date())


async def test_a_point_is_kept_at_each_sync_and_none_in_between(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock):
        assert len(bench.worth) == 1
        bench.broker.stream.put_nowait(NotPermitted("lost"))
        await clock.advance(16)
        assert bench.broker.looks > 1
        assert len(bench.worth) == 1
        await clock.advance(300)
        assert len(bench.worth) == 2
    assert {point.source for point in bench.worth} == {EquitySource.SNAPSHOT}


async def test_the_close_is_looked_at_however_rare_the_syncs_are(
    bench: Bench, clock: FakeClock
) -> None:
    bench.connections[0] = replace(bench.now, sync_every=timedelta(days=3))
    async with running(bench, clock):
        close = next_close(clock.now())
        await clock.advance((close - clock.now()).total_seconds() + 1)
        assert close in [point.at for point in bench.worth]
        assert len(bench.worth) == 2


async def test_what_was_missed_is_asked_of_the_broker_once(bench: Bench, clock: FakeClock) -> None:
    bench.broker.past = [told(2), told(1), told(-1)]
    async with running(bench, clock):
        assert bench.broker.histories_asked == [None]
        assert [point.at for point in bench.worth[:2]] == [told(2).at, told(1).at]
        # Today is not over: its point would be of a moment that is still to come.
        assert all(point.at <= clock.now() for point in bench.worth)
        await clock.advance(300)
    assert bench.broker.histories_asked == [None]


async def test_after_a_long_absence_the_gap_alone_is_asked_for(
    bench: Bench, clock: FakeClock
) -> None:
    bench.worth.append(told(3))
    async with running(bench, clock):
        assert bench.broker.histories_asked == [told(3).at.date()]


async def test_a_broker_that_tells_no_past_leaves_a_gap_and_no_harm(
    bench: Bench, clock: FakeClock
) -> None:
    bench.broker.books_ail = NotPermitted("not on this plan")
    async with running(bench, clock):
        assert [point.source for point in bench.worth] == [EquitySource.SNAPSHOT]


async def test_a_broker_that_does_not_say_what_it_is_worth_leaves_no_point(
    bench: Bench, clock: FakeClock
) -> None:
    silent = snapshot()
    bench.broker.says = replace(silent, valuation=replace(silent.valuation, equity=None))
    async with running(bench, clock):
        assert bench.worth == []


def test_the_close_skips_the_weekend() -> None:
    friday = datetime(2026, 6, 5, 20, 0, 1, tzinfo=UTC)
    monday = datetime(2026, 6, 8, 20, 0, 1, tzinfo=UTC)
    sunday = datetime(2026, 6, 7, 12, tzinfo=UTC)
    assert (last_close(sunday), next_close(sunday)) == (friday, monday)
    assert (last_close(friday), next_close(friday)) == (friday, monday)
    assert date(2026, 6, 5).weekday() == 4
