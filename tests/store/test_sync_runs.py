"""Requests to the process that owns a connection."""

import pytest

from domain.connection import Resource, SyncStatus
from domain.errors import ErrorCode, Problem
from domain.ids import UserId
from domain.sync import SyncResult
from store.sync_runs import MOST_A_MINUTE
from tests.store.house import USER, House


async def test_a_run_is_asked_for_once_taken_up_and_finished(house: House) -> None:
    connection = await house.connect()
    run = await house.sync_runs.request(USER, connection.id)
    assert await house.sync_runs.request(USER, connection.id) == run
    assert await house.sync_runs.pending() == (run,)
    await house.sync_runs.start(run)
    started = await house.sync_runs.run(USER, run.id)
    assert started is not None
    assert started.started_at == house.clock.now()
    results = (
        SyncResult(resource=Resource.ORDERS, status=SyncStatus.OK, count=3),
        SyncResult(
            resource=Resource.BALANCES,
            status=SyncStatus.FAILED,
            count=0,
            error=ErrorCode.RATE_LIMITED,
            message="slow down",
        ),
    )
    await house.sync_runs.finish(run, results)
    finished = await house.sync_runs.run(USER, run.id)
    assert finished is not None
    assert (finished.results, finished.finished_at) == (results, house.clock.now())
    assert await house.sync_runs.pending() == ()
    assert (await house.sync_runs.request(USER, connection.id)).id != run.id


async def test_a_run_that_a_dead_process_had_begun_is_pending_again(house: House) -> None:
    connection = await house.connect()
    run = await house.sync_runs.request(USER, connection.id)
    await house.sync_runs.start(run)
    assert [each.id for each in await house.sync_runs.pending()] == [run.id]


async def test_a_run_is_shown_to_its_user_alone(house: House) -> None:
    connection = await house.connect()
    run = await house.sync_runs.request(USER, connection.id)
    assert await house.sync_runs.run(UserId("eve"), run.id) is None


async def test_syncs_are_asked_for_only_so_often(house: House) -> None:
    connection = await house.connect()
    for _ in range(MOST_A_MINUTE):
        run = await house.sync_runs.request(USER, connection.id)
        await house.sync_runs.finish(run, ())
    with pytest.raises(Problem) as caught:
        await house.sync_runs.request(USER, connection.id)
    assert caught.value.code is ErrorCode.TOO_MANY_REQUESTS
    await house.clock.advance(61)
    assert await house.sync_runs.request(USER, connection.id)
