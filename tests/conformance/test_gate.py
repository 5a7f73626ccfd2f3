"""Nothing leaves for any broker but through the gate: permitted, counted, written down, secret."""

import logging
from collections import deque
from contextlib import suppress
from datetime import timedelta

import pytest

import sandbox
from brokers import plugins
from brokers.gate import CallRecord, Outcome, Purpose
from domain.capabilities import Rate
from domain.connection import Permission
from domain.errors import BrokerError, NotPermitted, RateLimited
from tests.brokers.desk import Hurried
from tests.conformance.orders import new_id, resting, sample_of
from tests.conformance.scene import Scene, opened
from tests.conformance.stage import Act, Trouble

FEW = Rate(calls=20, per=timedelta(minutes=1))


async def test_every_act_is_one_line_of_the_audit(scene: Scene) -> None:
    broker = await scene.broker()
    await broker.snapshot(scene.account)
    scene.records.clear()
    report = await broker.place(resting(scene, sample_of(scene)))
    scene.stage.box.exchange.work()
    placed = [one for one in scene.records if one.purpose is Purpose.TRADE]
    assert len(placed) == 1
    assert placed[0].outcome is Outcome.OK
    scene.records.clear()
    await broker.cancel(report)
    canceled = [one for one in scene.records if one.purpose is Purpose.CANCEL]
    assert [one.outcome for one in canceled] == [Outcome.OK]


async def test_what_is_written_down_names_no_account_and_no_order(scene: Scene) -> None:
    broker = await scene.broker()
    report = await broker.place(resting(scene, sample_of(scene)))
    await broker.snapshot(scene.account)
    with suppress(BrokerError):
        await broker.order(scene.account, report.broker_order_id)
    assert scene.records
    for record in scene.records:
        assert record.method
        assert record.path
        assert scene.account not in record.path
        assert report.broker_order_id not in record.path


async def test_a_connection_that_may_only_read_sends_nothing_else(scene: Scene) -> None:
    broker, sample = await scene.broker(), sample_of(scene)
    report = await broker.place(resting(scene, sample))
    scene.stage.box.exchange.work()
    sent = [scene.stage.sent(act) for act in (Act.PLACE, Act.REPLACE, Act.CANCEL)]
    await scene.permit(Permission.READ)
    scene.records.clear()
    with pytest.raises(NotPermitted):
        await broker.place(resting(scene, sample))
    with pytest.raises(NotPermitted):
        await broker.cancel(report)
    with suppress(BrokerError):
        await broker.replace(report, report.terms, new_id())
    assert [scene.stage.sent(act) for act in (Act.PLACE, Act.REPLACE, Act.CANCEL)] == sent
    trades = [one for one in scene.records if one.purpose in {Purpose.TRADE, Purpose.CANCEL}]
    assert {one.outcome for one in trades} == {Outcome.DENIED}
    await broker.snapshot(scene.account)


@pytest.mark.parametrize("name", sorted(plugins()))
async def test_no_window_sees_more_calls_than_are_allowed(name: str) -> None:
    clock = Hurried()
    async with (
        # Some brokers refuse what is signed at another time than theirs.
        sandbox.serve(seed=1, rate_limit=1_000_000, clock=clock.now) as box,
        opened(name, box, clock=clock, rate=FEW) as scene,
    ):
        broker = await scene.broker()
        for _ in range(2 * FEW.calls):
            with suppress(RateLimited):
                await broker.snapshot(scene.account)
    left = [one for one in scene.records if one.outcome is not Outcome.DENIED]
    assert len(left) >= FEW.calls // 4
    assert _most_in_a_window(left) <= FEW.calls


def _most_in_a_window(records: list[CallRecord]) -> int:
    window: deque[CallRecord] = deque()
    most = 0
    for record in records:
        window.append(record)
        while record.at - window[0].at > FEW.per:
            window.popleft()
        most = max(most, len(window))
    return most


async def test_no_secret_is_in_any_log_record_error_or_repr(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    broker, errors = await scene.broker(), []
    with suppress(BrokerError):
        async with scene.lines.trial(scene.connection, scene.stage.wrong) as wrong:
            await wrong.accounts()
    for trouble in set(Trouble) - {Trouble.SILENT}:
        await scene.stage.inflict(trouble, Act.PLACE)
        try:
            await broker.place(resting(scene, sample_of(scene)))
        except BrokerError as error:
            errors.append(error)
        scene.stage.box.faults.clear()
    await scene.stage.expire()
    try:
        await broker.snapshot(scene.account)
    except BrokerError as error:
        errors.append(error)
    assert errors
    said = [caplog.text, repr(scene.records), repr(broker), repr(scene.plugin)]
    said += [f"{error!r} {error} {error.__context__!r} {error.__cause__!r}" for error in errors]
    said += [entry.path for entry in scene.stage.box.log.entries]
    for secret in scene.stage.secrets:
        assert secret not in "\n".join(said)
