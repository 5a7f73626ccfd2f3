"""What brokers say, as it is kept and journalled."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.account import Balance
from domain.changes import CashChange, ChangeKind, HoldingChange
from domain.connection import ConnectionState
from domain.facts import Source
from domain.order import ExecType, OrderEvent, OrderStatus, Origin
from store.ledger import Recorded
from tests.store.house import USER, House, health
from tests.store.samples import (
    APPLE,
    NVIDIA,
    at,
    fill,
    holding,
    mark,
    report,
    snapshot,
)


def order_event(recorded: Recorded) -> OrderEvent:
    """The one order event that came of it."""
    (value,) = [each.value for each in recorded.changes if each.kind is ChangeKind.ORDER]
    assert isinstance(value, OrderEvent)
    return value


async def test_an_order_that_is_told_twice_is_journalled_once(house: House) -> None:
    connection = await house.connect()
    first = await house.ledger.record(USER, connection.id, report())
    again = await house.ledger.record(USER, connection.id, report())
    polled = await house.ledger.record(USER, connection.id, report(source=Source.POLL))
    assert [change.kind for change in first.changes] == [ChangeKind.ACCOUNT, ChangeKind.ORDER]
    assert again.changes == polled.changes == ()
    assert order_event(first).exec_type is ExecType.NEW
    assert order_event(first).order.origin is Origin.ELSEWHERE


async def test_a_fill_is_one_event_whether_the_stream_or_the_poll_brings_it(house: House) -> None:
    connection = await house.connect()
    await house.ledger.record(USER, connection.id, report())
    partly = report(seconds=1, status=OrderStatus.PARTIALLY_FILLED, filled="4")
    polled = await house.ledger.record(USER, connection.id, partly)
    assert order_event(polled).exec_type is ExecType.TRADE
    assert polled.incomplete == (order_event(polled).order.id,)
    told = report(
        seconds=1, status=OrderStatus.PARTIALLY_FILLED, filled="4", execution=fill("e1", "4")
    )
    streamed = await house.ledger.record(USER, connection.id, told)
    assert order_event(streamed).executions == (fill("e1", "4"),)
    assert streamed.incomplete == ()


async def test_what_arrives_late_neither_reopens_an_order_nor_misnames_the_event(
    house: House,
) -> None:
    connection = await house.connect()
    done = report(seconds=5, status=OrderStatus.FILLED, filled="10")
    await house.ledger.record(USER, connection.id, done)
    late = report(seconds=1, exec_type=ExecType.NEW, execution=fill("e1", "10"))
    event = order_event(await house.ledger.record(USER, connection.id, late))
    assert event.order.status is OrderStatus.FILLED
    assert event.exec_type is ExecType.TRADE


async def test_a_replacement_keeps_the_identity_of_its_order(house: House) -> None:
    connection = await house.connect()
    first = order_event(await house.ledger.record(USER, connection.id, report("b1", client="bg-1")))
    announced = report("b1", 1, OrderStatus.REPLACED, filled="3", replaced_by="b2")
    between = order_event(await house.ledger.record(USER, connection.id, announced))
    assert between.order.status is OrderStatus.PENDING_REPLACE
    heir = report("b2", 2, quantity="7", replaces="b1", exec_type=ExecType.REPLACED)
    after = order_event(await house.ledger.record(USER, connection.id, heir))
    assert after.order.id == first.order.id
    assert after.order.earlier_broker_ids == ("b1",)
    assert (after.order.terms.quantity, after.order.filled_quantity) == (Decimal(10), Decimal(3))
    assert after.exec_type is ExecType.REPLACED
    assert after.order.origin is Origin.HERE


async def test_the_heir_may_be_heard_of_before_the_order_that_it_replaces(house: House) -> None:
    connection = await house.connect()
    heir = await house.ledger.record(USER, connection.id, report("b2", 2, replaces="b1"))
    old = await house.ledger.record(USER, connection.id, report("b1", 1, OrderStatus.REPLACED))
    assert order_event(old).order.id == order_event(heir).order.id
    assert order_event(old).order.broker_order_id == "b2"
    assert order_event(old).order.status is OrderStatus.NEW


async def test_a_refused_replacement_leaves_the_order_working(house: House) -> None:
    connection = await house.connect()
    await house.ledger.record(USER, connection.id, report("b1"))
    refused = report("b2", 1, OrderStatus.REJECTED, replaces="b1")
    event = order_event(await house.ledger.record(USER, connection.id, refused))
    assert (event.order.broker_order_id, event.order.status) == ("b1", OrderStatus.NEW)


async def test_our_own_client_order_id_finds_the_order_under_another_broker_id(
    house: House,
) -> None:
    connection = await house.connect()
    reply = await house.ledger.record(USER, connection.id, report("temporary", client="bg-7"))
    told = await house.ledger.record(
        USER, connection.id, report("permanent", 1, OrderStatus.CANCELED, client="bg-7")
    )
    assert order_event(reply).order.id == order_event(told).order.id


async def test_another_programs_client_order_id_joins_nothing(house: House) -> None:
    connection = await house.connect()
    one = await house.ledger.record(USER, connection.id, report("b1", client="mine"))
    two = await house.ledger.record(USER, connection.id, report("b2", client="mine"))
    assert order_event(one).order.id != order_event(two).order.id


async def test_a_bust_takes_a_fill_back(house: House) -> None:
    connection = await house.connect()
    filled = report(seconds=1, status=OrderStatus.FILLED, filled="10", execution=fill("e1", "10"))
    await house.ledger.record(USER, connection.id, filled)
    busted = report(seconds=2, filled="0", busted=("e1",), exec_type=ExecType.TRADE_CANCEL)
    event = order_event(await house.ledger.record(USER, connection.id, busted))
    assert event.exec_type is ExecType.TRADE_CANCEL
    assert (event.order.filled_quantity, event.order.executions) == (Decimal(0), ())
    assert event.order.status is OrderStatus.NEW


async def test_a_snapshot_is_journalled_once_and_its_end_of_a_holding_too(house: House) -> None:
    connection = await house.connect()
    full = snapshot(holdings=[holding(APPLE), holding(NVIDIA, "0.5")], marks=[mark()])
    first = await house.ledger.record(USER, connection.id, full)
    assert [change.kind for change in first.changes] == [
        ChangeKind.ACCOUNT,
        ChangeKind.HOLDING,
        ChangeKind.HOLDING,
        ChangeKind.CASH,
    ]
    assert (await house.ledger.record(USER, connection.id, full)).changes == ()
    sold = await house.ledger.record(
        USER, connection.id, snapshot(1, holdings=[holding(NVIDIA, "0.5")], cash="2000")
    )
    ended, cash = (change.value for change in sold.changes)
    assert isinstance(ended, HoldingChange)
    assert isinstance(cash, CashChange)
    assert (ended.holding.instrument, ended.holding.quantity) == (APPLE, Decimal(0))
    assert cash.balances == (Balance(currency="USD", cash=Decimal(2000)),)
    assert sold.valuation is not None
    state = await house.journal.state(USER)
    assert [each.holding.instrument for each in state.holdings] == [NVIDIA]
    assert state.marks[connection.id] == (mark(),)
    assert state.head.revision == sold.changes[-1].revision


async def test_a_snapshot_that_a_newer_one_overtook_changes_nothing(house: House) -> None:
    connection = await house.connect()
    await house.ledger.record(USER, connection.id, snapshot(10, holdings=[holding()]))
    late = await house.ledger.record(USER, connection.id, snapshot(5, cash="1"))
    assert (late.changes, late.valuation, late.marks) == ((), None, ())


async def test_a_snapshot_asks_for_another_if_an_order_changed_since_it_began(
    house: House,
) -> None:
    connection = await house.connect()
    await house.clock.advance(10)
    await house.ledger.record(USER, connection.id, report(seconds=10))
    early = await house.ledger.record(USER, connection.id, snapshot(9))
    fresh = await house.ledger.record(USER, connection.id, snapshot(11))
    assert (early.again, early.missing) == (True, ())
    assert (fresh.again, fresh.missing) == (False, ("b1",))


async def test_an_open_order_that_a_snapshot_does_not_list_is_asked_for_not_ended(
    house: House,
) -> None:
    connection = await house.connect()
    listed = snapshot(0, orders=[report("b1"), report("b2", 0, OrderStatus.CANCELED)])
    await house.ledger.record(USER, connection.id, listed)
    without = await house.ledger.record(USER, connection.id, snapshot(1))
    assert without.missing == ("b1",)
    assert without.changes == ()
    replaced = report("b1", 2, OrderStatus.REPLACED, replaced_by="b3")
    await house.clock.advance(2)
    await house.ledger.record(USER, connection.id, replaced)
    assert (await house.ledger.record(USER, connection.id, snapshot(3))).missing == ("b3",)


async def test_an_order_is_listed_by_what_is_settled_too(house: House) -> None:
    connection = await house.connect()
    replaced = report("b1", 0, OrderStatus.REPLACED, replaced_by="b2")
    await house.ledger.record(USER, connection.id, snapshot(0, orders=[replaced]))
    settled = replace(snapshot(1), settled=(replaced,))
    assert (await house.ledger.record(USER, connection.id, settled)).missing == ()
    assert (await house.ledger.record(USER, connection.id, snapshot(2))).missing == ("b2",)


async def test_an_account_counts_once_and_goes_to_the_connection_that_is_well(
    house: House,
) -> None:
    one, two = await house.connect(), await house.connect(label="The same again")
    mine = await house.ledger.record(USER, one.id, report())
    assert await house.ledger.record(USER, two.id, report("b9")) == Recorded()
    sick = health(ConnectionState.REAUTH_REQUIRED, at(0))
    await house.connections.set_health(USER, one.id, sick)
    taken = await house.ledger.record(USER, two.id, report("b9"))
    assert taken.account_id == mine.account_id
    assert {each.connection_id for each in (await house.journal.state(USER)).orders} == {two.id}
    (account,) = await house.reads.accounts(USER)
    assert account.connection_id == two.id


async def test_nothing_comes_in_through_a_connection_that_ended_or_is_anothers(
    house: House,
) -> None:
    connection = await house.connect()
    assert await house.ledger.record(USER.__class__("eve"), connection.id, report()) == Recorded()
    await house.connections.disconnect(USER, connection.id)
    assert await house.ledger.record(USER, connection.id, report()) == Recorded()


@pytest.mark.parametrize("quantity", ["0.000000000000000001", "12345678901234567890.5", "1.10"])
async def test_amounts_come_back_to_the_last_digit(house: House, quantity: str) -> None:
    connection = await house.connect()
    await house.ledger.record(USER, connection.id, snapshot(holdings=[holding(APPLE, quantity)]))
    (held,) = (await house.journal.state(USER)).holdings
    assert held.holding.quantity.as_tuple() == Decimal(quantity).as_tuple()
    (change,) = [c for c in await house.journal.after(USER, 0) if c.kind is ChangeKind.HOLDING]
    assert change.value == held
