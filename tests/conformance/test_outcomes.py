"""What every line makes of answers that are missing, broken or a refusal to listen."""

from dataclasses import replace

import pytest

from domain.capabilities import Replacing
from domain.errors import (
    BrokerError,
    CredentialsRejected,
    OutcomeUnknown,
    RateLimited,
    Unintelligible,
)
from domain.facts import OrderReport
from domain.ticket import Ticket
from sandbox.orders import OrdType, Side, TimeInForce
from sandbox.orders import Ticket as Asked
from tests.conformance.observing import RICH
from tests.conformance.orders import new_id, resting, sample_of
from tests.conformance.scene import Scene
from tests.conformance.stage import Act, Trouble

DONE = [Trouble.LOST, Trouble.FAILED, Trouble.GARBLED]
OFTEN = 20


async def _resting(scene: Scene) -> OrderReport:
    report = await (await scene.broker()).place(resting(scene, sample_of(scene)))
    scene.stage.box.exchange.work()
    return report


def _place_elsewhere(scene: Scene, ours: Ticket) -> None:
    """Somebody else's order, alike but for how much."""
    exchange = scene.stage.box.exchange
    exchange.submit(
        scene.owner,
        Asked(
            symbol=sample_of(scene).symbol,
            side=Side.BUY,
            quantity=3 * sample_of(scene).whole,
            type=OrdType.LIMIT,
            time_in_force=TimeInForce.GOOD_TILL_CANCEL,
            limit_price=ours.terms.limit_price,
        ),
    )
    exchange.work()


@pytest.mark.parametrize("trouble", DONE)
async def test_an_order_whose_answer_is_lost_left_once_and_is_found(
    scene: Scene, trouble: Trouble
) -> None:
    wanted, broker = resting(scene, sample_of(scene)), await scene.broker()
    await broker.accounts()
    scene.owner.cash = RICH
    _place_elsewhere(scene, wanted)
    before = scene.stage.sent(Act.PLACE)
    await scene.stage.inflict(trouble, Act.PLACE)
    with pytest.raises(OutcomeUnknown):
        await broker.place(wanted)
    assert scene.stage.sent(Act.PLACE) == before + 1
    _place_elsewhere(scene, wanted)
    ours = [one for one in scene.owner.live_orders() if one.quantity == wanted.terms.quantity]
    assert len(ours) == 1
    found = await broker.find(scene.account, wanted.client_order_id)
    assert not found.proven_absent
    assert found.report is not None
    assert found.report.client_order_id == wanted.client_order_id
    assert found.report.terms.quantity == wanted.terms.quantity
    assert scene.stage.sent(Act.PLACE) == before + 1


async def test_an_order_that_may_have_been_lost_on_the_way_is_not_called_absent(
    scene: Scene,
) -> None:
    wanted, broker = resting(scene, sample_of(scene)), await scene.broker()
    await broker.accounts()
    await scene.stage.inflict(Trouble.BROKEN, Act.PLACE)
    with pytest.raises(OutcomeUnknown):
        await broker.place(wanted)
    assert scene.owner.orders == {}
    assert (await broker.find(scene.account, wanted.client_order_id)).report is None


@pytest.mark.parametrize("trouble", DONE)
async def test_a_replacement_whose_answer_is_lost_left_once(scene: Scene, trouble: Trouble) -> None:
    if scene.able.replacing is Replacing.NONE:
        pytest.skip("orders are not replaced there")
    report, broker, sample = await _resting(scene), await scene.broker(), sample_of(scene)
    price = (report.terms.limit_price or 0) + sample.tick
    await scene.stage.inflict(trouble, Act.REPLACE)
    before = scene.stage.sent(Act.REPLACE)
    with pytest.raises(OutcomeUnknown):
        await broker.replace(report, replace(report.terms, limit_price=price), new_id())
    assert scene.stage.sent(Act.REPLACE) == before + 1


@pytest.mark.parametrize("trouble", [Trouble.LOST, Trouble.FAILED])
async def test_a_cancel_whose_answer_is_lost_left_once_and_came_true(
    scene: Scene, trouble: Trouble
) -> None:
    report, broker = await _resting(scene), await scene.broker()
    await scene.stage.inflict(trouble, Act.CANCEL)
    before = scene.stage.sent(Act.CANCEL)
    with pytest.raises(OutcomeUnknown):
        await broker.cancel(report)
    assert scene.stage.sent(Act.CANCEL) == before + 1
    scene.stage.box.exchange.work()
    assert scene.owner.live_orders() == []


async def test_an_order_that_comes_too_fast_is_refused_and_was_not_placed(scene: Scene) -> None:
    broker = await scene.broker()
    await broker.accounts()
    await scene.stage.inflict(Trouble.LIMITED, Act.PLACE)
    with pytest.raises(RateLimited):
        await broker.place(resting(scene, sample_of(scene)))
    assert scene.owner.orders == {}


@pytest.mark.parametrize(
    ("trouble", "means"),
    [
        (Trouble.LIMITED, RateLimited),
        (Trouble.BROKEN, BrokerError),
        (Trouble.GARBLED, Unintelligible),
        (Trouble.LOST, BrokerError),
    ],
)
async def test_a_read_that_fails_shows_nothing_and_says_why(
    scene: Scene, trouble: Trouble, means: type[BrokerError]
) -> None:
    broker = await scene.broker()
    await broker.snapshot(scene.account)
    await scene.stage.inflict(trouble, Act.READ, times=OFTEN)
    with pytest.raises(means) as told:
        await broker.snapshot(scene.account)
    assert not isinstance(told.value, CredentialsRejected)
    scene.stage.box.faults.clear()
    assert (await broker.snapshot(scene.account)).account.number == scene.account


async def test_a_read_that_fails_once_is_tried_again(scene: Scene) -> None:
    broker = await scene.broker()
    await broker.snapshot(scene.account)
    await scene.stage.inflict(Trouble.LOST, Act.READ)
    told = await broker.snapshot(scene.account)
    assert told.account.number == scene.account
