"""What was known and what was just said make what is shown, and the reason that is told for it."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import OrderReport
from domain.ids import AccountId, ConnectionId, OrderId
from domain.instrument import AssetClass, Instrument
from domain.order import ExecType, Leg, Order, OrderEvent, OrderSide, OrderStatus, Origin
from store.merge import Identity, Known, fuller, merge_order, order_event
from tests.store.samples import APPLE, NVIDIA, at, fill, report, terms

IDENTITY = Identity(id=OrderId("o"), account=AccountId("a"), connection=ConnectionId("c"))


def known(*said: OrderReport) -> Known:
    """What they add up to."""
    result: Known | None = None
    for each in said:
        result = merge_order(result, each, IDENTITY)
    assert result is not None
    return result


def told(*said: OrderReport) -> OrderEvent | None:
    """The event that the last one makes."""
    before = known(*said[:-1]) if said[:-1] else None
    after = merge_order(before, said[-1], IDENTITY)
    return order_event(before, after, said[-1].exec_type, at(99))


def why(*said: OrderReport) -> ExecType | None:
    """The reason of that event, None if there is none."""
    event = told(*said)
    return None if event is None else event.exec_type


def test_an_order_is_shown_as_the_report_has_it_and_whose_it_is() -> None:
    said = report(seconds=3, filled="4", average="101", client="bg-1")
    said = replace(said, submitted_at=at(1), working=True, reason="because", parent="p1")
    order = known(said).order
    assert order == Order(
        id=OrderId("o"),
        account_id=AccountId("a"),
        connection_id=ConnectionId("c"),
        broker_order_id="b1",
        client_order_id="bg-1",
        instrument=APPLE,
        terms=terms(),
        status=OrderStatus.PARTIALLY_FILLED,
        raw_status="new",
        working=True,
        filled_quantity=Decimal(4),
        average_price=Decimal(101),
        origin=Origin.HERE,
        submitted_at=at(1),
        updated_at=at(3),
        parent_broker_id="p1",
        reason="because",
    )


def test_it_keeps_whose_it_is_however_often_it_is_said() -> None:
    first = replace(report(client="elsewhere-1"), submitted_at=at(5), parent="p1")
    later = replace(report(seconds=1, filled="1"), submitted_at=at(4))
    order = known(first, later).order
    assert (order.client_order_id, order.origin) == ("elsewhere-1", Origin.ELSEWHERE)
    assert (order.submitted_at, order.parent_broker_id) == (at(4), "p1")
    assert known(later, first).order.submitted_at == at(4)
    assert known(report(), replace(report(seconds=1), submitted_at=at(9))).order.submitted_at == at(
        9
    )


def test_a_replacement_goes_by_the_name_of_its_newest_link() -> None:
    first, second = report("b1", client="bg-1"), report("b2", 1, client="bg-2", replaces="b1")
    late = report("b1", 2, OrderStatus.REPLACED, client="bg-1")
    for said in ([first, second], [second, first], [first, second, late]):
        order = known(*said).order
        assert (order.broker_order_id, order.client_order_id) == ("b2", "bg-2")
        assert order.earlier_broker_ids == ("b1",)


def test_a_replacement_without_a_name_of_its_own_keeps_the_one_that_is_known() -> None:
    order = known(report("b1", client="bg-1"), report("b2", 1, replaces="b1")).order
    assert (order.broker_order_id, order.client_order_id) == ("b2", "bg-1")


def test_nothing_new_is_no_event_and_keeps_its_date() -> None:
    first = report(seconds=1)
    again = report(seconds=2)
    assert told(first, again) is None
    assert known(first, again).order.updated_at == at(1)
    news = report(seconds=3, filled="1")
    assert told(first, again, news) is not None
    assert known(first, again, news).order.updated_at == at(3)


def test_which_connection_told_is_nothing_that_a_client_notices() -> None:
    before = known(report())
    moved = Identity(id=OrderId("o"), account=AccountId("a"), connection=ConnectionId("other"))
    after = merge_order(before, report(seconds=1), moved)
    assert after.order.connection_id == "other"
    assert order_event(before, after, None, at(9)) is None


def test_an_event_brings_the_executions_that_are_new_and_says_when() -> None:
    one = report(seconds=1, filled="1", execution=fill("e1", "1"))
    two = report(seconds=2, filled="3", execution=fill("e2", "2"))
    event = told(one, two)
    assert event is not None
    assert event.order == known(one, two).order
    assert (event.exec_type, event.at) == (ExecType.TRADE, at(99))
    assert [each.execution_id for each in event.executions] == ["e2"]
    corrected = replace(fill("e2", "1"), revision=1)
    mended = told(one, two, report(seconds=3, filled="2", execution=corrected))
    assert mended is not None
    assert mended.executions == (corrected,)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ((), report(), ExecType.NEW),
        ((), report(status=OrderStatus.PENDING_NEW), ExecType.PENDING_NEW),
        ((), report(filled="1"), ExecType.TRADE),
        ((report(),), report(seconds=1, filled="1"), ExecType.TRADE),
        ((report(),), report(seconds=1, status=OrderStatus.CANCELED), ExecType.CANCELED),
        ((report(),), report(seconds=1, status=OrderStatus.EXPIRED), ExecType.EXPIRED),
        ((report(),), report(seconds=1, status=OrderStatus.REJECTED), ExecType.REJECTED),
        ((report(),), report(seconds=1, status=OrderStatus.STOPPED), ExecType.STOPPED),
        ((report(),), report(seconds=1, status=OrderStatus.SUSPENDED), ExecType.SUSPENDED),
        ((report(),), report(seconds=1, status=OrderStatus.CALCULATED), ExecType.CALCULATED),
        ((report(),), report(seconds=1, status=OrderStatus.DONE_FOR_DAY), ExecType.DONE_FOR_DAY),
        (
            (report(),),
            report(seconds=1, status=OrderStatus.PENDING_CANCEL),
            ExecType.PENDING_CANCEL,
        ),
        (
            (report(),),
            report(seconds=1, status=OrderStatus.PENDING_REPLACE),
            ExecType.PENDING_REPLACE,
        ),
        (
            (report(),),
            report(seconds=1, status=OrderStatus.ACCEPTED_FOR_BIDDING),
            ExecType.ORDER_STATUS,
        ),
        ((report(),), report("b2", 1, replaces="b1"), ExecType.REPLACED),
        ((report(),), report(seconds=1, quantity="11"), ExecType.RESTATED),
        ((report(),), replace(report(seconds=1), raw_status="held"), ExecType.ORDER_STATUS),
        # A bust takes back what had filled, with and without another status.
        (
            (report(filled="2", execution=fill("e1", "2")),),
            report(seconds=1, busted=("e1",)),
            ExecType.TRADE_CANCEL,
        ),
        (
            (report(filled="2"), report(seconds=1, filled="4", execution=fill("e1", "2"))),
            report(seconds=2, filled="2", busted=("e1",)),
            ExecType.TRADE_CANCEL,
        ),
    ],
)
def test_the_reason_is_what_became_of_the_order(
    before: Sequence[OrderReport], after: OrderReport, reason: ExecType
) -> None:
    assert why(*before, after) is reason


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        # Told and true.
        (report(seconds=1, filled="1", exec_type=ExecType.TRADE), ExecType.TRADE),
        (report("b2", 1, replaces="b1", exec_type=ExecType.REPLACED), ExecType.REPLACED),
        (
            report(seconds=1, status=OrderStatus.PENDING_REPLACE, exec_type=ExecType.REPLACED),
            ExecType.REPLACED,
        ),
        (
            report(seconds=1, status=OrderStatus.CANCELED, exec_type=ExecType.CANCELED),
            ExecType.CANCELED,
        ),
        # What only the stream can know.
        (
            replace(report(seconds=1, exec_type=ExecType.TRIGGERED), raw_status="live"),
            ExecType.TRIGGERED,
        ),
        # Told, and not what became of it.
        (report(seconds=1, quantity="9", exec_type=ExecType.TRADE), ExecType.RESTATED),
        (report(seconds=1, quantity="9", exec_type=ExecType.REPLACED), ExecType.RESTATED),
        (report(seconds=1, filled="1", exec_type=ExecType.CANCELED), ExecType.TRADE),
        (report(seconds=1, quantity="9", exec_type=ExecType.EXPIRED), ExecType.RESTATED),
    ],
)
def test_the_streams_own_reason_counts_where_it_fits(said: OrderReport, reason: ExecType) -> None:
    assert why(report(), said) is reason


def test_a_reason_that_fits_is_believed_though_another_would_do_too() -> None:
    filled = report(seconds=1, status=OrderStatus.CANCELED, filled="1", exec_type=ExecType.CANCELED)
    assert why(report(), filled) is ExecType.CANCELED
    heir = report("b2", 1, replaces="b1")
    amended = report("b2", 2, quantity="8", replaces="b1", exec_type=ExecType.REPLACED)
    assert why(report(), heir, amended) is ExecType.REPLACED


def test_executions_that_come_after_the_count_are_a_trade() -> None:
    explained = report(seconds=1, filled="2", execution=fill("e1", "2"))
    assert why(report(filled="2"), explained) is ExecType.TRADE


def test_a_first_word_of_a_trade_is_believed() -> None:
    assert why(report(exec_type=ExecType.TRADE)) is ExecType.TRADE


NAMED = replace(APPLE, name="Apple Inc.")
LISTED = replace(NAMED, mic="XNAS")


def test_the_fuller_description_of_an_instrument_stays() -> None:
    assert fuller(APPLE, None) == APPLE
    for one, other in ((APPLE, NAMED), (NAMED, LISTED), (APPLE, LISTED)):
        assert fuller(one, other) == fuller(other, one) == other
    assert (
        known(report(instrument=LISTED), report(seconds=1, filled="1")).order.instrument == LISTED
    )


INSTRUMENTS = st.builds(
    Instrument,
    asset_class=st.just(AssetClass.EQUITY),
    symbol=st.just("AAPL"),
    currency=st.just("USD"),
    mic=st.sampled_from([None, "XNAS", "XNYS"]),
    name=st.sampled_from([None, "Apple", "Apple Inc."]),
    figi=st.sampled_from([None, "BBG000B9XRY4"]),
)


@given(INSTRUMENTS, INSTRUMENTS, INSTRUMENTS)
def test_descriptions_add_up_to_the_same_in_any_order(
    one: Instrument, two: Instrument, three: Instrument
) -> None:
    assert fuller(one, two) == fuller(two, one)
    assert fuller(fuller(one, two), three) == fuller(one, fuller(two, three))
    assert fuller(one, one) == one


def test_legs_once_told_stay() -> None:
    legs = tuple(Leg(instrument=each, side=OrderSide.BUY) for each in (APPLE, NVIDIA))
    with_legs, without = replace(report(), legs=legs), report(seconds=1, filled="1")
    assert known(with_legs, without).order.legs == legs
    assert known(without, with_legs).order.legs == legs
    for part in (legs[:1], legs[1:]):
        assert known(with_legs, replace(report(seconds=2), legs=part)).order.legs == legs
    one, other = (replace(report(), legs=(leg,)) for leg in legs)
    assert known(one, other).order.legs == known(other, one).order.legs


def test_changing_it_in_place_leaves_the_id_that_it_was_placed_under() -> None:
    placed, changed = report(client="bg-1"), report(seconds=1, client="bg-2")
    assert known(placed, changed).order.client_order_id == "bg-1"
    replaced = replace(changed, broker_order_id="b2", replaces="b1")
    assert known(placed, replaced).order.client_order_id == "bg-2"
