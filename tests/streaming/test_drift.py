"""What a stream that is up should have told and did not is found, dated and told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.capabilities import Pushed
from domain.changes import ChangeKind
from domain.drift import Drift
from domain.errors import Unreachable
from domain.order import OrderEvent, OrderStatus
from store.ledger import Recorded
from streaming.drift import GRACE
from tests.clock import FakeClock
from tests.streaming.broker import capabilities
from tests.streaming.feeding import running
from tests.streaming.ports import Bench, change_of
from tests.streaming.samples import order, snapshot
from tests.streaming.street import Street, at_work

ORDERS_ALONE = capabilities(frozenset({Pushed.ORDERS}))
POLL = 15.0


@pytest.fixture
async def street(file_url: str) -> AsyncIterator[Street]:
    """At work."""
    async with at_work(file_url) as street:
        yield street


async def _drifts(street: Street) -> list[Drift]:
    return [change.value for change in await street.told() if isinstance(change.value, Drift)]


async def test_a_fill_that_the_stream_swallowed_is_healed_and_told_with_its_lag(
    street: Street,
) -> None:
    # What the first look finds is no drift.
    await _calm(street)
    street.box.faults.add("drop_frame", method="FRAME", count=0)
    traded_at = street.clock.now()
    booked = street.trade(5)
    await street.comes_true(street.is_filled, within=400)
    street.box.faults.clear()

    async def told() -> bool:
        return bool(await _drifts(street))

    await street.comes_true(told, within=60)
    (drift,) = await _drifts(street)
    assert (drift.broker_order_id, drift.status) == (booked.id, OrderStatus.FILLED)
    assert drift.filled_quantity == 5
    assert drift.lag is not None
    assert abs(drift.found_at - drift.lag - traded_at) <= timedelta(seconds=1)
    assert {event.order.id for event in await street.events()} == {drift.order_id}
    assert {change.kind for change in await street.told()} >= {ChangeKind.DRIFT, ChangeKind.ORDER}


async def _calm(street: Street) -> None:
    """What is under way has ended: nothing has been asked for five seconds of the clock."""
    asked, still = -1, 0

    async def calm() -> bool:
        nonlocal asked, still
        entries = street.box.log.entries
        under_way = any(entry.status is None for entry in entries)
        still = 0 if under_way or len(entries) != asked else still + 1
        asked = len(entries)
        return still >= 20

    await street.comes_true(calm, within=120)


async def test_a_stream_that_tells_leaves_no_drift(street: Street) -> None:
    for turn in range(1, 4):
        street.trade(5)
        await street.comes_true(street.holds(5 * turn), within=30)
        await _calm(street)
        # A sync looks at what the stream has told.
        await street.clock.advance(310)
        await _calm(street)
    assert len(await street.events()) >= 3
    assert await _drifts(street) == []


async def test_what_is_found_while_the_stream_is_known_to_be_lost_is_no_drift(
    street: Street,
) -> None:
    await street.box.inflict("error", path="/stream", count=0, status=503)
    await street.box.inflict("cut_streams")
    street.trade(5)
    await street.comes_true(street.is_filled, within=60)
    street.box.faults.clear()
    await street.clock.advance(400)
    assert await _drifts(street) == []


async def _looked(bench: Bench, clock: FakeClock) -> None:
    """A look has taken in what it was to find."""
    while bench.next_recorded:
        await clock.advance(1)


def _found(bench: Bench, filled: int, *, moved: bool = True) -> None:
    """The next look finds the order filled so far."""
    report = order("b1", OrderStatus.PARTIALLY_FILLED, filled=filled, at=bench.ports.clock.now())
    bench.broker.says = snapshot(orders=(report,))
    change = change_of(report)
    assert isinstance(change.value, OrderEvent)
    orders = (change.value.order,) if moved else ()
    recorded = Recorded(account_id=change.account_id, changes=(change,), moved=orders)
    bench.next_recorded.append(recorded)


async def test_a_poll_that_merely_overtakes_the_stream_finds_no_drift(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock, ORDERS_ALONE):
        await clock.advance(2 * POLL)
        _found(bench, 3)
        await _looked(bench, clock)
        told = order("b1", OrderStatus.PARTIALLY_FILLED, filled=3, at=clock.now())
        bench.broker.stream.put_nowait(told)
        await clock.advance(2 * GRACE.total_seconds())
        assert bench.drifts == []


async def test_an_older_word_of_the_stream_does_not_excuse_it(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock, ORDERS_ALONE):
        await clock.advance(2 * POLL)
        older = order("b1", OrderStatus.NEW, at=clock.now() - timedelta(seconds=1))
        _found(bench, 3)
        await _looked(bench, clock)
        bench.broker.stream.put_nowait(older)
        await clock.advance(2 * GRACE.total_seconds())
        (drift,) = bench.drifts
        assert (drift.filled_quantity, drift.status) == (
            Decimal(3),
            OrderStatus.PARTIALLY_FILLED,
        )
        # The order was dated when the test began to look, and the poll came after that.
        assert drift.lag is not None
        assert timedelta(0) <= drift.lag <= timedelta(seconds=POLL)
        await clock.advance(4 * POLL)
        assert len(bench.drifts) == 1


async def test_the_first_look_after_a_stream_came_back_is_no_drift(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock, ORDERS_ALONE):
        await clock.advance(2 * POLL)
        bench.broker.stream.put_nowait(Unreachable("cut"))
        await clock.advance(0)
        _found(bench, 3)
        await _looked(bench, clock)
        await clock.advance(2 * POLL)
        assert bench.drifts == []


async def test_what_a_poll_says_in_other_words_is_no_drift(bench: Bench, clock: FakeClock) -> None:
    async with running(bench, clock, ORDERS_ALONE):
        await clock.advance(2 * POLL)
        _found(bench, 3, moved=False)
        await _looked(bench, clock)
        await clock.advance(2 * POLL)
        assert bench.drifts == []
