"""From a broker's wire to what is kept and told: the real adapter against the sandbox."""

from collections.abc import AsyncIterator, Mapping

import pytest

import sandbox
from domain.connection import (
    ConnectionState,
    Reach,
    Resource,
    SyncStatus,
)
from domain.errors import ErrorCode
from tests.streaming.conftest import USER
from tests.streaming.street import Street, at_work

# The two intervals of Alpaca's capabilities, and what the requests themselves may take.
POLL, POLL_OPEN = 15 + 3, 3 + 3


@pytest.fixture
async def street(file_url: str) -> AsyncIterator[Street]:
    """At work."""
    async with at_work(file_url) as street:
        yield street


async def test_a_fill_reaches_orders_at_once_and_holdings_within_a_second(street: Street) -> None:
    street.trade(5)
    await street.comes_true(street.is_filled, within=1)
    await street.comes_true(street.holds(5), within=2)


async def test_without_a_stream_all_stays_current_and_when_it_is_back_nothing_comes_twice(
    street: Street,
) -> None:
    await street.box.inflict("error", path="/stream", count=0, status=503)
    cut_at = street.clock.now()
    await street.box.inflict("cut_streams")
    await street.comes_true(street.is_in(ConnectionState.DEGRADED), within=1)
    health = (await street.connection()).health
    assert health.reach is Reach.WRITABLE
    assert cut_at <= health.since <= street.clock.now()
    booked = await street.booked()
    street.trade(5)
    await street.comes_true(street.is_filled, within=POLL)
    await street.comes_true(street.holds(5), within=POLL)
    await street.comes_true(street.has_booked(booked + 1), within=POLL)
    told = await street.told()
    street.box.faults.clear()
    await street.comes_true(street.is_in(ConnectionState.ACTIVE), within=70)
    looks = street.looks
    await street.clock.advance(60)
    assert street.looks == looks
    assert await street.told() == told


async def test_while_an_order_is_open_a_lost_stream_is_made_up_for_in_three_seconds(
    street: Street,
) -> None:
    order = street.trade(5, limit="1")
    await street.comes_true(street.is_known(order.id), within=2)
    await street.box.inflict("error", path="/stream", count=0, status=503)
    await street.box.inflict("cut_streams")
    await street.comes_true(street.is_in(ConnectionState.DEGRADED), within=1)
    await street.clock.advance(7)
    await street.box.inflict("fill", id=order.id)
    await street.comes_true(street.is_filled, within=POLL_OPEN)


async def test_repeated_and_reordered_frames_change_nothing_about_what_is_told(
    street: Street,
) -> None:
    await street.box.inflict("partial_fills", symbol="AAPL", quantity=1)
    for kind in ("duplicate_frame", "reorder_frame", "duplicate_frame", "reorder_frame"):
        await street.box.inflict(kind, method="FRAME", path="/stream")
    booked = await street.booked()
    street.trade(6)
    for _ in range(6):
        street.box.tick()
    await street.comes_true(street.is_filled, within=5)
    await street.comes_true(street.holds(6), within=5)
    await street.comes_true(street.has_booked(booked + 6), within=5)
    executed = [execution for event in await street.events() for execution in event.executions]
    assert len({execution.execution_id for execution in executed}) == len(executed)
    quiet = await street.told()
    await street.clock.advance(30)
    assert await street.told() == quiet


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("refused", {}, ErrorCode.INSUFFICIENT_FUNDS),
        ("rate_limited", {"retry_after": 20}, ErrorCode.RATE_LIMITED),
        ("error", {"status": 500}, ErrorCode.BROKER_UNREACHABLE),
    ],
)
async def test_a_read_that_fails_degrades_the_connection_and_it_heals(
    street: Street, kind: str, fields: Mapping[str, object], code: ErrorCode
) -> None:
    await street.box.inflict(kind, method="GET", path="/v2/positions", count=0, **fields)
    await street.box.inflict("cut_streams")
    await street.comes_true(street.is_stale(Resource.POSITIONS), within=30)
    health = (await street.connection()).health
    assert (health.state, health.reach) == (ConnectionState.DEGRADED, Reach.CONNECTED)
    assert health.fault
    assert health.fault.code is code
    failing = await street.freshness(Resource.POSITIONS)
    assert failing.error is code
    assert failing.succeeded_at is not None
    street.box.faults.clear()
    await street.comes_true(street.is_in(ConnectionState.ACTIVE), within=90)
    assert (await street.freshness(Resource.POSITIONS)).status is SyncStatus.OK


async def test_an_outage_of_thirty_seconds_is_seen_and_heals(street: Street) -> None:
    await street.box.inflict("outage")
    await street.comes_true(street.is_in(ConnectionState.DEGRADED), within=5)
    await street.comes_true(street.has_reach(Reach.DOWN), within=30)
    await street.clock.advance(30)
    street.trade(5)
    await street.box.inflict("restore")
    await street.comes_true(street.holds(5), within=POLL)
    await street.comes_true(street.is_in(ConnectionState.ACTIVE), within=70)


async def test_a_server_that_restarts_loses_nothing(street: Street) -> None:
    await street.box.inflict("restart")
    street.trade(5)
    await street.comes_true(street.holds(5), within=POLL)
    await street.comes_true(street.is_in(ConnectionState.ACTIVE), within=10)


async def test_keys_that_are_revoked_ask_for_new_ones_and_new_ones_heal(street: Street) -> None:
    await street.box.inflict("revoke", id=sandbox.PAPER_KEY)
    await street.comes_true(street.is_in(ConnectionState.REAUTH_REQUIRED), within=20)
    assert street.box.streams == []
    street.box.alpaca.account("PKANOTHER", "another-secret")
    link = await street.connection()
    await street.house.connections.reseal(
        USER, link.id, {"key_id": "PKANOTHER", "secret": "another-secret"}
    )
    await street.comes_true(street.is_in(ConnectionState.ACTIVE), within=5)
