"""Orders whose answer was lost: found, proven absent, or ended by a person; never sent again."""

import pytest

import sandbox
from domain.errors import ErrorCode, Problem
from domain.intent import IntentState
from domain.order import OrderSide
from tests.trading.orders import PATH, hold, market, ours, resting
from tests.trading.rig import ADA, Later, Rig


@pytest.mark.parametrize(
    "fault", ["reset_after", "error_after", "garbage_after", "truncated_after", "html_after"]
)
async def test_an_answer_that_was_lost_is_found_and_never_sent_again(
    made: Rig, box: sandbox.Sandbox, fault: str
) -> None:
    box.faults.add(fault, method="POST", path=PATH)
    intent = await made.place(market())
    assert intent.state is IntentState.PLACED
    assert len(ours(box)) == 1
    assert len(box.log.matching("POST", PATH)) == 1


@pytest.mark.parametrize("fault", ["error", "reset"])
async def test_what_did_not_happen_stays_unknown_until_absence_proves_it(
    made: Rig, box: sandbox.Sandbox, clock: Later, fault: str
) -> None:
    box.faults.add(fault, method="POST", path=PATH)
    intent = await made.place(market())
    assert intent.state is IntentState.UNKNOWN
    assert (await made.desk.resolving.one(intent)).state is IntentState.UNKNOWN
    clock.ahead = 61
    resolved = await made.desk.resolving.one(intent)
    assert (resolved.state, resolved.code) == (IntentState.NOT_PLACED, ErrorCode.NOT_SENT)
    assert await made.place(market()) == resolved
    assert ours(box) == []
    assert len(box.log.matching("POST", PATH)) == 1


async def test_a_broker_that_cannot_be_asked_leaves_it_unknown(
    made: Rig, box: sandbox.Sandbox
) -> None:
    box.faults.add("error_after", method="POST", path=PATH)
    box.faults.add("error", method="GET", path="/v2/orders:by_client_order_id", count=0)
    intent = await made.place(market())
    assert intent.state is IntentState.UNKNOWN
    await made.desk.resolving.all()
    box.faults.clear()
    assert (await made.desk.resolving.one(intent)).state is IntentState.PLACED
    assert len(ours(box)) == 1


async def test_a_late_order_beats_not_placed_and_alarms(
    made: Rig, box: sandbox.Sandbox, clock: Later, caplog: pytest.LogCaptureFixture
) -> None:
    box.faults.add("error_after", method="POST", path=PATH)
    box.faults.add("error", method="GET", path="/v2/orders:by_client_order_id", status=404)
    intent = await made.place(resting())
    assert intent.state is IntentState.UNKNOWN
    ended = await made.desk.resolving.decide(ADA, intent.id, placed_as=None, note="phoned them")
    assert (ended.state, ended.note) == (IntentState.NOT_PLACED, "phoned them")
    (account,) = await made.reads.accounts(ADA)
    await made.sync(account)
    found = await made.desk.intents.one(ADA, intent.id)
    assert found
    assert found.state is IntentState.PLACED
    assert "CRITICAL" in {record.levelname for record in caplog.records}


async def test_a_person_can_say_which_order_it_is(made: Rig, box: sandbox.Sandbox) -> None:
    box.faults.add("error_after", method="POST", path=PATH)
    box.faults.add("error", method="GET", path="/v2/orders:by_client_order_id", status=404)
    hold(box, 3)
    (other,) = box.paper.orders.values()
    intent = await made.place(resting(OrderSide.SELL, price=9999))
    (order,) = ours(box)
    with pytest.raises(Problem) as raised:
        await made.desk.resolving.decide(ADA, intent.id, placed_as=other.id, note="")
    assert raised.value.code is ErrorCode.BAD_INPUT
    placed = await made.desk.resolving.decide(ADA, intent.id, placed_as=order.id, note="seen")
    assert placed.state is IntentState.PLACED
    with pytest.raises(Problem) as raised:
        await made.desk.resolving.decide(ADA, intent.id, placed_as=None, note="too late")
    assert raised.value.code is ErrorCode.CONFLICT
