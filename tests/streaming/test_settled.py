"""An order that is over is recorded once, and nothing is lost by leaving its repetitions out."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from domain.connection import Resource
from domain.events import Snapshot
from domain.facts import OrderReport
from domain.ids import AccountId, OrderId
from domain.order import OrderStatus
from store.ledger import Recorded
from store.merge import Known, merge_order
from streaming.intake import Intake
from streaming.settled import Settled
from tests.store.reports import IDENTITY, NAMES, reports
from tests.streaming.broker import ScriptedBroker
from tests.streaming.ports import Bench
from tests.streaming.samples import order, snapshot

FILLED = order("1", OrderStatus.FILLED, filled=10)
OPEN = order("2")
MINE = AccountId("account")


def _joined(known: Known | None, said: Sequence[OrderReport]) -> Known | None:
    for each in said:
        known = merge_order(known, each, IDENTITY)
    return known


@settings(max_examples=500)
@given(st.lists(reports(), min_size=1, max_size=6), st.data())
def test_an_order_becomes_the_same_without_what_is_set_aside(
    drawn: list[OrderReport], data: st.DataObject
) -> None:
    # Of an order under one name no broker tells two ids of ours.
    ids = {name: data.draw(st.sampled_from([None, "bg-1", "other"])) for name in NAMES}
    told = [replace(one, client_order_id=ids[one.broker_order_id]) for one in drawn]
    looks = st.lists(st.sampled_from(told), max_size=4)
    settled, whole, spared = Settled(), None, None
    left_out = 0
    for _ in range(4):
        streamed = data.draw(looks)
        listed = snapshot(orders=tuple(data.draw(looks)))
        few = settled.set_aside(listed)
        left_out += len(few.settled)
        whole = _joined(whole, [*streamed, *listed.orders])
        spared = _joined(spared, [*streamed, *few.orders])
        settled.keep(few)
        assert sorted(map(repr, (*few.orders, *few.settled))) == sorted(map(repr, listed.orders))
    event(f"left out: {left_out}")
    assert spared == whole


@pytest.fixture
def intake(bench: Bench) -> Intake:
    """Over the scripted broker."""

    async def line() -> ScriptedBroker:
        return bench.broker

    return Intake(bench.now, line, bench.ports)


async def _look(bench: Bench, intake: Intake, *orders: OrderReport) -> tuple[str, str]:
    """Names of the orders that a look at these had recorded, and of those that it only listed."""
    bench.broker.says = snapshot(orders=orders)
    looked = await intake.look(sync=False)
    assert looked.error or looked.counts[Resource.ORDERS] == len(orders)
    told = [each for each in bench.recorded if isinstance(each, Snapshot)][-1]
    recorded, settled = (
        "".join(one.broker_order_id for one in part) for part in (told.orders, told.settled)
    )
    return recorded, settled


async def test_what_is_over_is_recorded_once_and_listed_on(bench: Bench, intake: Intake) -> None:
    assert await _look(bench, intake, FILLED, OPEN) == ("12", "")
    assert await _look(bench, intake, FILLED, OPEN) == ("2", "1")
    assert await _look(bench, intake, FILLED, OPEN) == ("2", "1")


async def test_what_is_said_otherwise_is_recorded_again(bench: Bench, intake: Intake) -> None:
    await _look(bench, intake, FILLED)
    busted = order("1", OrderStatus.CANCELED, filled=9, busted=("e1",))
    assert await _look(bench, intake, busted) == ("1", "")
    assert await _look(bench, intake, FILLED) == ("1", "")


async def test_one_that_was_not_listed_is_recorded_when_it_is(bench: Bench, intake: Intake) -> None:
    await _look(bench, intake, FILLED)
    await _look(bench, intake)
    assert await _look(bench, intake, FILLED) == ("1", "")


@pytest.mark.parametrize(
    "became",
    [Recorded(), Recorded(account_id=MINE, incomplete=(OrderId("1"),)), RuntimeError("full")],
)
async def test_only_what_was_taken_in_whole_is_settled(
    bench: Bench, intake: Intake, became: Recorded | Exception
) -> None:
    bench.next_recorded = [became]
    await _look(bench, intake, FILLED)
    assert await _look(bench, intake, FILLED) == ("1", "")
    assert await _look(bench, intake, FILLED) == ("", "1")
