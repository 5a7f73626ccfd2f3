"""The gate: who may pass, and that every passing leaves exactly one record."""

import asyncio

import pytest

from brokers.gate import Call, Outcome, Purpose
from domain.connection import Permission
from domain.errors import (
    BrokerError,
    ErrorCode,
    NotPermitted,
    OutcomeUnknown,
    Refused,
    Unintelligible,
    Unreachable,
)
from tests.brokers.desk import CONNECTION, USER, Desk
from tests.clock import START, FakeClock


def call(purpose: Purpose = Purpose.READ) -> Call:
    return Call(operation="orders", purpose=purpose, method="GET", path="/v2/orders/{order_id}")


async def test_a_call_that_works_leaves_one_record() -> None:
    clock = FakeClock()
    desk = Desk(clock=clock)
    async with desk.gate().passing(call()) as passage:
        passage.status, passage.request_id = 200, "abc"
        await clock.advance(0.25)
    (record,) = desk.records
    assert (record.user, record.connection) == (USER, CONNECTION)
    assert record.path == "/v2/orders/{order_id}"
    assert (record.outcome, record.status, record.request_id) == (Outcome.OK, 200, "abc")
    assert record.duration_ms == 250
    assert (record.at - START).total_seconds() == 0.25
    assert record.correlation_id


@pytest.mark.parametrize(
    ("failure", "outcome", "code"),
    [
        (Refused("no"), Outcome.REFUSED, ErrorCode.BROKER_REFUSED),
        (Unreachable("down"), Outcome.UNREACHABLE, ErrorCode.BROKER_UNREACHABLE),
        (OutcomeUnknown("lost"), Outcome.UNKNOWN, ErrorCode.OUTCOME_UNKNOWN),
        (Unintelligible("?"), Outcome.UNINTELLIGIBLE, ErrorCode.BROKER_UNINTELLIGIBLE),
        (ValueError("ours"), Outcome.UNKNOWN, None),
    ],
)
async def test_a_call_that_fails_leaves_one_record(
    failure: Exception, outcome: Outcome, code: ErrorCode | None
) -> None:
    desk = Desk()
    with pytest.raises(type(failure)):
        async with desk.gate().passing(call()):
            raise failure
    (record,) = desk.records
    assert (record.outcome, record.code) == (outcome, code)


async def test_a_caller_who_gives_up_leaves_a_record_of_what_is_unknown() -> None:
    desk, inside = Desk(), asyncio.Event()

    async def send() -> None:
        async with desk.gate().passing(call(Purpose.TRADE)):
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(send())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert desk.outcomes() == ["UNKNOWN"]


@pytest.mark.parametrize("purpose", [Purpose.TRADE, Purpose.CANCEL])
async def test_a_connection_that_may_read_lets_nothing_else_through(purpose: Purpose) -> None:
    desk = Desk(permission=Permission.READ)
    with pytest.raises(NotPermitted, match="only read"):
        async with desk.gate().passing(call(purpose)):
            pytest.fail("it was let through")
    assert desk.outcomes() == ["DENIED"]


async def test_permission_is_asked_for_at_every_call() -> None:
    desk = Desk()
    gate = desk.gate()
    async with gate.passing(call(Purpose.TRADE)):
        pass
    desk.permission = Permission.READ
    with pytest.raises(BrokerError):
        async with gate.passing(call(Purpose.TRADE)):
            pytest.fail("it was let through")
    assert desk.outcomes() == ["OK", "DENIED"]
