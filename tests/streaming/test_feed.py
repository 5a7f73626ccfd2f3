"""A feed hears, takes in and tells how well its connection is."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.changes import AccountFigures, Fresh
from domain.connection import ConnectionState, Reach, Resource, SyncStatus
from domain.errors import (
    BrokerError,
    CredentialsRejected,
    ErrorCode,
    NotPermitted,
    Problem,
    RateLimited,
    Unreachable,
)
from domain.facts import OrderReport
from domain.ids import ConnectionId, UserId
from domain.order import OrderStatus
from store.ledger import Recorded
from streaming.feed import Feed
from tests.clock import FakeClock, rest
from tests.streaming.broker import capabilities
from tests.streaming.feeding import running
from tests.streaming.ports import Bench, connection
from tests.streaming.samples import AAPL, MSFT, holding, mark, order, snapshot

POLLED = capabilities(frozenset())
LINE, ADA = ConnectionId("line"), UserId("ada")


async def test_a_lost_stream_is_seen_polled_for_and_healed(bench: Bench, clock: FakeClock) -> None:
    async with running(bench, clock):
        await clock.advance(10)
        looks, lost_at = bench.broker.looks, clock.now()
        bench.broker.stream_ails = Unreachable("cut")
        bench.broker.stream.put_nowait(Unreachable("cut"))
        await clock.advance(0)
        health = bench.now.health
        assert (health.state, health.reach) == (ConnectionState.DEGRADED, Reach.WRITABLE)
        assert health.since == lost_at
        assert health.fault
        assert health.fault.code is ErrorCode.BROKER_UNREACHABLE
        assert bench.broker.looks == looks + 1
        await clock.advance(30)
        assert bench.broker.looks == looks + 3
        assert len(bench.healths) == 1
        bench.broker.stream_ails = None
        await clock.advance(120)
        assert bench.now.health.state is ConnectionState.ACTIVE
        assert bench.now.health.fault is None
        assert len(bench.healths) == 2


async def test_a_repair_by_others_does_not_hide_what_still_ails(
    bench: Bench, clock: FakeClock
) -> None:
    bench.broker.stream_ails = Unreachable("cut")
    async with running(bench, clock):
        await clock.advance(5)
        bench.connections = [connection(state=ConnectionState.ACTIVE)]
        await clock.advance(30)
        assert bench.now.health.state is ConnectionState.DEGRADED


async def test_the_end_of_a_sign_in_is_forecast_once(bench: Bench, clock: FakeClock) -> None:
    first, second = (clock.now() + timedelta(hours=hours) for hours in (8, 32))
    bench.broker.ends = first
    async with running(bench, clock):
        await clock.advance(600)
        assert bench.now.expires_at == first
        assert len(bench.healths) == 1
        bench.broker.ails, bench.broker.ends = Unreachable("down"), second
        await clock.advance(600)
        assert bench.now.expires_at == first
        bench.broker.ails = None
        await clock.advance(600)
        assert bench.now.expires_at == second


async def test_wrong_keys_end_the_feed_and_ask_the_user(bench: Bench, clock: FakeClock) -> None:
    bench.broker.ails = CredentialsRejected("unauthorized")
    feed = Feed(bench.now, capabilities(), bench.ports)
    await feed.run()
    assert bench.now.health.state is ConnectionState.REAUTH_REQUIRED
    assert bench.closes == 1
    assert all(each.status is SyncStatus.FAILED for each in bench.now.freshness)
    assert clock.sleeping == 0


async def test_accounts_of_somebody_else_ask_the_user_and_are_not_taken_in(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock) as feed:
        of_others = replace(bench.broker.says.account, number="OTHERS")
        bench.broker.says = replace(bench.broker.says, account=of_others)
        before = list(bench.recorded)
        await feed.sync()
        await clock.advance(600)
        assert bench.now.health.state is ConnectionState.REAUTH_REQUIRED
        assert bench.recorded == before


async def test_credentials_that_are_gone_ask_the_user_as_well(bench: Bench) -> None:
    bench.refuses = Problem(ErrorCode.CREDENTIALS_REJECTED, "gone with the last restart")
    await Feed(bench.now, capabilities(), bench.ports).run()
    assert bench.now.health.state is ConnectionState.REAUTH_REQUIRED


async def test_a_connection_that_nobody_signed_in_yet_stays_pending(bench: Bench) -> None:
    bench.connections = [connection(state=ConnectionState.PENDING)]
    bench.refuses = Problem(ErrorCode.CREDENTIALS_REJECTED, "never given")
    await Feed(bench.now, capabilities(), bench.ports).run()
    assert bench.now.health.state is ConnectionState.PENDING
    assert bench.healths == []


@pytest.mark.parametrize(
    ("error", "reach"),
    [
        (NotPermitted("forbidden"), Reach.CONNECTED),
        (Unreachable("nobody there"), Reach.DOWN),
        (RateLimited("slow down", retry_after=15), Reach.CONNECTED),
    ],
)
async def test_a_failing_read_degrades_and_heals(
    bench: Bench, clock: FakeClock, error: BrokerError, reach: Reach
) -> None:
    async with running(bench, clock, POLLED):
        await clock.advance(1)
        good = clock.now()
        bench.broker.ails = error
        await clock.advance(30)
        health = bench.now.health
        assert (health.state, health.reach) == (ConnectionState.DEGRADED, reach)
        assert health.fault
        assert health.fault.code is error.code
        failing = {each.resource: each for each in bench.now.freshness}[Resource.POSITIONS]
        assert failing.status is SyncStatus.FAILED
        assert failing.error is error.code
        assert failing.succeeded_at is not None
        assert failing.succeeded_at <= good
        bench.broker.ails = None
        await clock.advance(16)
        assert bench.now.health.state is ConnectionState.ACTIVE
        assert bench.now.health.reach is Reach.WRITABLE
        assert len(bench.healths) == 2


async def test_orders_that_a_snapshot_left_out_are_asked_for(
    bench: Bench, clock: FakeClock
) -> None:
    bench.broker.orders["known"] = order("known", OrderStatus.CANCELED)
    missing = Recorded(missing=("known", "lost"))
    bench.next_recorded = [missing, Recorded(), missing, Recorded(), missing]
    async with running(bench, clock, POLLED):
        await clock.advance(3)
        assert bench.broker.asked == ["known", "lost", "known"]
        assert bench.broker.orders["known"] in bench.recorded


async def test_what_is_held_is_priced(bench: Bench, clock: FakeClock) -> None:
    bench.broker.says = snapshot(
        holding(5), holding(6, MSFT), marks=(mark(100, previous_close=Decimal(90)),)
    )
    with bench.hub.watch(ADA, live=True):
        async with running(bench, clock):
            assert bench.broker.followed == {AAPL, MSFT}
            tick = mark(101, at=clock.now() + timedelta(seconds=1))
            bench.broker.prices.put_nowait(tick)
            await rest()
            held = bench.marks.of(LINE, AAPL.id)
            assert held == mark(101, at=tick.as_of, previous_close=Decimal(90))
            _, live = bench.hub.live_after(ADA, 0)
            assert held in live
            assert {type(each) for each in live} >= {AccountFigures, Fresh}


async def test_accounts_that_another_connection_owns_are_not_priced(
    bench: Bench, clock: FakeClock
) -> None:
    bench.broker.says = snapshot(holding(5))
    bench.next_recorded = [Recorded(), Recorded()]
    async with running(bench, clock):
        assert bench.broker.followed == frozenset()


async def test_a_sync_tells_how_each_resource_went(bench: Bench, clock: FakeClock) -> None:
    bench.broker.says = snapshot(holding(5), holding(6, MSFT), orders=(order("1"),))
    async with running(bench, clock) as feed:
        good = {result.resource: result for result in await feed.sync()}
        assert {r.resource: r.count for r in good.values()} == {
            Resource.ACCOUNTS: 1,
            Resource.BALANCES: 1,
            Resource.POSITIONS: 2,
            Resource.ORDERS: 1,
            Resource.TRANSACTIONS: 0,
        }
        bench.broker.ails = NotPermitted("not this account")
        bad = await feed.sync()
        assert {result.status for result in bad} == {SyncStatus.FAILED}
        assert {result.message for result in bad} == {"not this account"}


async def test_a_fault_of_ours_is_shown_without_its_words(
    bench: Bench, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(bench, clock, POLLED):
        bench.broker.ails = RuntimeError("secret-of-ours")
        await clock.advance(15)
        fault = bench.now.health.fault
        assert fault
        assert fault.code is ErrorCode.INTERNAL
        assert "secret" not in fault.message
        assert "A look failed" in caplog.text
        bench.broker.ails = None
        await clock.advance(15)
        assert bench.now.health.state is ConnectionState.ACTIVE


async def test_a_line_that_was_closed_by_others_is_opened_anew(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock):
        await clock.advance(10)
        opens = bench.opens
        bench.broker.stream.put_nowait(Unreachable("closed"))
        await clock.advance(2)
        assert bench.opens > opens
        assert bench.now.health.state is ConnectionState.ACTIVE


async def test_a_burst_is_recorded_in_its_order_and_no_event_waits_for_another(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock):
        bench.committing.clear()
        names = [f"b{number}" for number in range(250)]
        for name in names:
            bench.broker.stream.put_nowait(order(name))
        await clock.advance(0)
        begun = [each for each in bench.recorded if isinstance(each, OrderReport)]
        assert [each.broker_order_id for each in begun] == names[:100]
        bench.committing.set()
        await clock.advance(0)
        told = [each for each in bench.recorded if isinstance(each, OrderReport)]
        assert [each.broker_order_id for each in told] == names
