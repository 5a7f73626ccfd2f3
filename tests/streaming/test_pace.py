"""A feed looks at the right moments: an hour of the clock takes no time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.connection import ConnectionState
from domain.errors import (
    RateLimited,
    Unreachable,
)
from domain.ids import OrderId
from domain.order import OrderStatus
from store.ledger import Recorded
from tests.clock import FakeClock, rest
from tests.streaming.broker import capabilities
from tests.streaming.feeding import running
from tests.streaming.ports import Bench, connection
from tests.streaming.samples import fill, holding, mark, order, snapshot

POLLED = capabilities(frozenset())


async def test_an_hour_has_exactly_twelve_syncs(bench: Bench, clock: FakeClock) -> None:
    async with running(bench, clock):
        await clock.advance(1)
        syncs, looks = bench.broker.syncs, bench.broker.looks
        await clock.advance(3600)
        assert bench.broker.syncs - syncs == 12
        assert bench.broker.looks - looks == 12


async def test_the_user_may_set_another_interval(bench: Bench, clock: FakeClock) -> None:
    bench.connections = [connection(sync_every=timedelta(minutes=15))]
    async with running(bench, clock):
        await clock.advance(3600)
        assert bench.broker.syncs == 1 + 4


async def test_a_stream_that_comes_up_is_followed_by_one_look(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock):
        assert bench.broker.looks == 1
        await clock.advance(1)
        assert bench.broker.looks == 2
        await clock.advance(200)
        assert bench.broker.looks == 2


async def test_without_a_stream_it_polls_every_fifteen_seconds(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock, POLLED):
        await clock.advance(60)
        assert bench.broker.looks == 1 + 4
        assert bench.broker.syncs == 1
        assert bench.now.health.state is ConnectionState.ACTIVE


async def test_without_a_stream_it_polls_every_three_seconds_while_an_order_is_open(
    bench: Bench, clock: FakeClock
) -> None:
    bench.broker.says = snapshot(orders=(order("1"),))
    async with running(bench, clock, POLLED):
        await clock.advance(30)
        assert bench.broker.looks == 1 + 10
        bench.broker.says = snapshot(orders=(order("1", OrderStatus.CANCELED),))
        await clock.advance(3 + 30)
        assert bench.broker.looks == 1 + 10 + 1 + 2


async def test_an_order_placed_here_makes_it_look_soon(bench: Bench, clock: FakeClock) -> None:
    async with running(bench, clock, POLLED) as feed:
        await clock.advance(5)
        feed.expect_news()
        await rest()
        assert bench.broker.looks == 2


async def test_executions_are_followed_by_at_most_one_look_a_second(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock):
        await clock.advance(10)
        looks = bench.broker.looks
        for part in range(1, 10):
            bench.broker.stream.put_nowait(fill("1", part))
            await rest()
        assert bench.broker.looks == looks + 1
        await clock.advance(1)
        assert bench.broker.looks == looks + 2
        await clock.advance(60)
        assert bench.broker.looks == looks + 2


async def test_a_new_order_and_a_repeated_fill_ask_for_no_look(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock):
        await clock.advance(10)
        looks = bench.broker.looks
        bench.broker.stream.put_nowait(order("1"))
        await rest()
        bench.next_recorded = [Recorded()]
        bench.broker.stream.put_nowait(fill("1", 1))
        await clock.advance(10)
        assert bench.broker.looks == looks


async def test_a_stream_that_stays_away_is_tried_ever_more_rarely(
    bench: Bench, clock: FakeClock
) -> None:
    bench.broker.stream_ails = Unreachable("no")
    async with running(bench, clock):
        await clock.advance(3600)
        assert 60 <= bench.broker.streams <= 70


async def test_a_broker_that_says_slow_down_is_left_alone_for_so_long(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock, POLLED):
        bench.broker.ails = RateLimited("slow down", retry_after=100)
        await clock.advance(15)
        bench.broker.ails = None
        looks = bench.broker.looks
        await clock.advance(99)
        assert bench.broker.looks == looks
        await clock.advance(1)
        assert bench.broker.looks == looks + 1


async def test_a_failed_sync_is_made_up_for_within_a_poll(bench: Bench, clock: FakeClock) -> None:
    bench.broker.ails = Unreachable("not yet")
    async with running(bench, clock):
        bench.broker.ails = None
        await clock.advance(15)
        assert bench.broker.syncs == 1
        assert bench.now.health.state is ConnectionState.ACTIVE


async def test_it_is_looked_at_again_when_something_changed_meanwhile(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock):
        await clock.advance(10)
        looks = bench.broker.looks
        bench.next_recorded = [Recorded(), Recorded(again=True)]
        bench.broker.stream.put_nowait(fill("1", 10))
        await rest()
        assert bench.broker.looks == looks
        bench.next_recorded = [Recorded(again=True)]
        await clock.advance(300)
        assert bench.broker.looks == looks + 2


async def test_executions_that_are_listed_late_are_looked_for_five_times(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock):
        await clock.advance(10)
        looks = bench.broker.looks
        bench.next_recorded = [Recorded(incomplete=(OrderId("1"),))] * 20
        await clock.advance(300)
        assert bench.broker.looks == looks + 1 + 5


async def test_lost_prices_are_polled_for_until_they_are_back(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock):
        await clock.advance(10)
        looks = bench.broker.looks
        bench.broker.prices.put_nowait(Unreachable("cut"))
        await clock.advance(30)
        assert bench.broker.looks == looks + 3
        assert bench.now.health.state is ConnectionState.ACTIVE
        bench.broker.prices.put_nowait(mark(101))
        await clock.advance(15)
        looks = bench.broker.looks
        await clock.advance(60)
        assert bench.broker.looks == looks


async def test_a_broker_of_market_hours_rests_over_night(bench: Bench, clock: FakeClock) -> None:
    saturday = FakeClock(datetime(2026, 6, 6, 15, tzinfo=UTC))
    bench = Bench(saturday)
    async with running(bench, saturday, capabilities(frozenset(), market_hours=True)):
        assert bench.broker.looks == 1
        await saturday.advance(timedelta(hours=46.4).total_seconds())
        assert bench.broker.looks == 1
        await saturday.advance(360)
        assert saturday.now() == datetime(2026, 6, 8, 13, 30, tzinfo=UTC)
        assert bench.broker.looks == 2


async def test_over_night_it_is_read_as_often_as_the_user_asked() -> None:
    saturday = FakeClock(datetime(2026, 6, 6, 15, tzinfo=UTC))
    bench = Bench(saturday)
    bench.connections = [connection(sync_every=timedelta(minutes=20))]
    async with running(bench, saturday, capabilities(frozenset(), market_hours=True)):
        await saturday.advance(3600)
        assert bench.broker.syncs == 1 + 3


async def test_over_night_an_open_order_is_looked_at_at_the_usual_pace() -> None:
    saturday = FakeClock(datetime(2026, 6, 6, 15, tzinfo=UTC))
    bench = Bench(saturday)
    bench.broker.says = snapshot(orders=(order("1"),))
    async with running(bench, saturday, capabilities(frozenset(), market_hours=True)):
        await saturday.advance(60)
        assert bench.broker.looks == 1 + 4


async def test_prices_that_have_to_be_asked_for_are_while_somebody_watches(
    bench: Bench, clock: FakeClock
) -> None:
    bench.broker.says = snapshot(holding(10))
    can = replace(capabilities(), asks_for_prices=True)
    async with running(bench, clock, can):
        assert bench.broker.followed == frozenset()
        with bench.hub.watch(bench.now.user_id):
            await clock.advance(2)
            assert bench.broker.followed == frozenset()
        with bench.hub.watch(bench.now.user_id, live=True):
            await clock.advance(2)
            assert bench.broker.followed
        await clock.advance(2)
        assert bench.broker.followed == frozenset()
