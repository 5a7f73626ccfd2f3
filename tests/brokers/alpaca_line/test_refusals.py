"""Keys, limits, outages and records of the Alpaca line."""

import pytest

from brokers.alpaca.line import Line
from domain.account import Environment
from domain.errors import BrokerError, CredentialsRejected, NotPermitted, RateLimited, Unreachable
from sandbox import Sandbox
from tests.brokers.desk import Desk
from tests.brokers.hearing import hearing
from tests.brokers.tickets import resting
from tests.clock import rest


async def test_wrong_keys_are_rejected(box: Sandbox, desk: Desk) -> None:
    async with desk.line(box, secret="wrong") as line:
        with pytest.raises(CredentialsRejected):
            await line.accounts()


async def test_keys_of_the_other_environment_are_rejected(box: Sandbox, desk: Desk) -> None:
    async with desk.line(box, environment=Environment.LIVE) as line:
        with pytest.raises(CredentialsRejected):
            await line.accounts()


async def test_a_403_without_a_code_is_confirmed_before_the_keys_are_called_dead(
    line: Line, box: Sandbox, desk: Desk, number: str
) -> None:
    box.faults.add("html_after", path="/v2/positions", status=403)
    with pytest.raises(NotPermitted) as told:
        await line.snapshot(number)
    assert not isinstance(told.value, CredentialsRejected)
    assert [record.operation for record in desk.records] == ["account", "positions", "confirm"]
    assert desk.records[1].correlation_id == desk.records[2].correlation_id


async def test_a_limit_is_told_with_the_time_to_wait(line: Line, box: Sandbox, number: str) -> None:
    box.faults.add("rate_limited", retry_after=30)
    with pytest.raises(RateLimited) as told:
        await line.snapshot(number)
    assert told.value.retry_after == 30


async def test_a_broker_that_is_down_is_unreachable(line: Line, box: Sandbox, number: str) -> None:
    await box.inflict("outage")
    await rest()  # until the connection that was kept is seen to have ended
    with pytest.raises(Unreachable):
        await line.place(resting(number))
    await box.inflict("restore")
    assert (await line.find(number, "bg-1")).report is None


async def test_no_key_is_in_any_record_error_or_repr(box: Sandbox, desk: Desk) -> None:
    key, secret = "PKPLANTEDPLANTEDPLAN", "planted-secret-planted"
    seen: list[str] = []
    async with desk.line(box, key, secret) as line:
        for attempt in (line.accounts(), anext(aiter(line.events())), line.place(resting("A"))):
            with pytest.raises(BrokerError) as told:
                await attempt
            error: BaseException | None = told.value
            while error is not None:
                seen.append(f"{error!r} {vars(error)}")
                error = error.__cause__ or error.__context__
        seen += [repr(line), repr(vars(line)), repr(desk.records)]
    assert desk.records
    assert not any(key in text or secret in text for text in seen)
    assert not any(secret in entry.path for entry in box.log.entries)


async def test_every_call_leaves_a_record_with_a_template_and_no_id(
    line: Line, box: Sandbox, desk: Desk, number: str
) -> None:
    box.log.entries.clear()
    placed = await line.place(resting(number))
    await line.order(number, placed.broker_order_id)
    await line.cancel(placed)
    await line.snapshot(number)
    async with hearing(line):
        pass
    assert len(desk.records) == len(box.log.entries)
    assert not any(placed.broker_order_id in record.path for record in desk.records)
