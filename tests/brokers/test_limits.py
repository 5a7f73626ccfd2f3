"""The buckets: never more than the broker allows, cancels first, and nobody waits for another."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.limits import Allowance, Bucket, Limits, Purpose
from domain.capabilities import Rate
from domain.errors import RateLimited
from domain.ids import ConnectionId, UserId
from tests.clock import FakeClock, rest

MINUTE = timedelta(minutes=1)
ADA, BOB = UserId("ada"), UserId("bob")
A, B = ConnectionId("a"), ConnectionId("b")


class Steps:
    """A clock for the pure part."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def monotonic(self) -> float:
        return self.elapsed

    now = sleep = None


@given(
    calls=st.integers(4, 300),
    pauses=st.lists(st.floats(0, 30), min_size=1, max_size=200),
    purposes=st.lists(st.sampled_from(Purpose), min_size=1, max_size=8),
)
def test_no_window_sees_more_calls_than_the_rate(
    calls: int, pauses: list[float], purposes: list[Purpose]
) -> None:
    clock = Steps()
    bucket = Bucket(Rate(calls=calls, per=MINUTE), clock)  # type: ignore[arg-type]  # all it uses
    taken: list[float] = []
    for index, pause in enumerate(pauses):
        clock.elapsed += pause
        while bucket.wait(purposes[index % len(purposes)]) == 0:
            bucket.take()
            taken.append(clock.elapsed)
    for start in taken:
        assert sum(start <= at < start + 60 for at in taken) <= calls + 1


async def drained(limits: Limits, purpose: Purpose) -> int:
    """How many calls get through before one is refused."""
    count = 0
    while True:
        try:
            await limits.admit(ADA, A, purpose)
        except RateLimited:
            return count
        count += 1


async def test_reads_leave_room_for_orders_and_orders_for_cancels() -> None:
    limits = Limits(FakeClock(), connection=Rate(calls=400, per=MINUTE), patience=0)
    assert await drained(limits, Purpose.READ) == 80
    assert await drained(limits, Purpose.TRADE) == 15
    assert await drained(limits, Purpose.CANCEL) == 5


async def test_a_call_waits_for_its_turn() -> None:
    clock = FakeClock()
    limits = Limits(clock, connection=Rate(calls=4, per=MINUTE), patience=60)
    await limits.admit(ADA, A, Purpose.READ)
    waiting = asyncio.create_task(limits.admit(ADA, A, Purpose.READ))
    await clock.advance(19)
    assert not waiting.done()
    await clock.advance(2)
    assert waiting.done()


async def test_who_would_wait_too_long_is_told_when_to_come_back() -> None:
    limits = Limits(FakeClock(), connection=Rate(calls=4, per=MINUTE), patience=5)
    await limits.admit(ADA, A, Purpose.READ)
    with pytest.raises(RateLimited) as told:
        await limits.admit(ADA, A, Purpose.READ)
    assert told.value.retry_after == pytest.approx(20)


async def test_a_user_who_loops_delays_nobody_else() -> None:
    clock = FakeClock()
    limits = Limits(
        clock,
        connection=Rate(calls=100_000, per=MINUTE),
        user=Rate(calls=40, per=MINUTE),
        app=Rate(calls=400, per=MINUTE),
        patience=3600,
    )

    async def loop() -> None:
        while True:
            await limits.admit(ADA, A, Purpose.READ)

    loopers = [asyncio.create_task(loop()) for _ in range(20)]
    await rest()
    other = asyncio.create_task(limits.admit(BOB, B, Purpose.READ))
    await rest()
    assert other.done()
    for task in loopers:
        task.cancel()
    await asyncio.gather(*loopers, return_exceptions=True)


async def test_the_broker_is_believed_where_it_allows_less() -> None:
    clock = FakeClock()
    limits = Limits(clock, connection=Rate(calls=400, per=MINUTE), patience=0)
    limits.learn(A, Allowance(remaining=22, resets_at=clock.now()))
    assert await drained(limits, Purpose.READ) == 2


async def test_nothing_passes_until_the_limit_is_reset() -> None:
    clock = FakeClock()
    limits = Limits(clock, connection=Rate(calls=400, per=MINUTE), patience=60)
    resets_at = clock.now() + timedelta(seconds=30)
    limits.learn(A, Allowance(remaining=0, resets_at=resets_at))
    waiting = asyncio.create_task(limits.admit(ADA, A, Purpose.CANCEL))
    await clock.advance(29)
    assert not waiting.done()
    await clock.advance(2)
    assert waiting.done()


async def test_a_connection_that_is_shut_out_shuts_out_no_other() -> None:
    limits = Limits(FakeClock(), connection=Rate(calls=400, per=MINUTE), patience=0)
    limits.shut(A, 60)
    with pytest.raises(RateLimited):
        await limits.admit(ADA, A, Purpose.CANCEL)
    await limits.admit(ADA, B, Purpose.READ)
