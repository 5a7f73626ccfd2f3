"""Executions are counted once, whichever way and in whatever order they are told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import reduce
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from brokers.alpaca.fills import Fills
from brokers.alpaca.orders import Heard, reports
from brokers.alpaca.parse import Fill
from brokers.alpaca.stream import reports_of
from brokers.wire import Row
from domain.facts import OrderReport, Source, facts_of, join
from domain.order import OrderStatus
from domain.sums import summed

NOW = datetime(2026, 6, 1, tzinfo=UTC)
STREAM = Heard(account="A", source=Source.STREAM, at=NOW)
POLL = Heard(account="A", source=Source.POLL, at=NOW)
ASKED = 100


def body(done: int, at: int) -> dict[str, object]:
    return {
        "id": "o-1",
        "symbol": "AAPL",
        "asset_class": "us_equity",
        "side": "buy",
        "type": "limit",
        "qty": str(ASKED),
        "filled_qty": str(done),
        "status": "filled" if done == ASKED else "partially_filled",
        "updated_at": (NOW + timedelta(seconds=at)).isoformat(),
    }


def update(event: str, raw: str, quantity: int, done: int, at: int, price: str = "10") -> Row:
    return Row(
        {
            "event": event,
            "execution_id": raw,
            "qty": str(quantity),
            "price": price,
            "timestamp": (NOW + timedelta(seconds=at)).isoformat(),
            "order": body(done, at),
        },
        "the update",
    )


def activity(raw: str, quantity: int, done: int, at: int) -> Fill:
    return Fill(
        order_id="o-1",
        activity_id=f"20260601::{raw}",
        quantity=Decimal(quantity),
        price=Decimal(10),
        cumulative=Decimal(done),
        at=NOW + timedelta(seconds=at),
    )


def told(fills: Fills, row: Row) -> OrderReport:
    return next(reports_of(row, STREAM, fills))


def polled(fills: Fills, done: int, at: int, listed: list[Fill]) -> list[OrderReport]:
    """What a snapshot brings: the order, and the executions that it lacks."""
    report = next(reports(Row(body(done, at), "the order"), POLL))
    wanted = {"o-1": report} if fills.wants(report) else {}
    return [report, *fills.from_activities(listed, wanted)]


@given(
    sizes=st.lists(st.integers(1, 20), min_size=1, max_size=5),
    order=st.randoms(use_true_random=False),
    same_ids=st.booleans(),
    restarts=st.sets(st.integers(0, 10)),
)
def test_stream_and_activities_never_count_a_fill_twice(
    sizes: list[int],
    order: object,
    *,
    same_ids: bool,
    restarts: set[int],
) -> None:
    """Repeated, reordered, lost, across restarts, whether or not both use the same ids."""
    done = list(accumulate(sizes))
    updates = [update("partial_fill", f"e-{i}", size, done[i], i) for i, size in enumerate(sizes)]
    listed = [
        activity(f"e-{i}" if same_ids else f"a-{i}", size, done[i], i)
        for i, size in enumerate(sizes)
    ]
    heard = updates + order.sample(updates, len(updates) // 2)  # type: ignore[attr-defined]
    order.shuffle(heard)  # type: ignore[attr-defined]
    fills, said = Fills(), []
    for index, row in enumerate(heard):
        if index in restarts:
            fills = Fills()
        said.append(told(fills, row))
    said += polled(Fills() if 10 in restarts else fills, done[-1], len(sizes), listed)
    sums = summed(reduce(join, map(facts_of, said)))
    assert sums.filled == done[-1]
    assert sum(one.quantity for one in sums.executions) == done[-1]
    assert len(sums.executions) == len(sizes)


def test_a_fill_that_does_not_fit_waits_for_the_activities() -> None:
    fills = Fills()
    assert told(fills, update("partial_fill", "e-2", 5, 8, 2)).execution is None
    listed = [activity("e-1", 3, 3, 1), activity("e-2", 5, 8, 2)]
    found = [one.execution for one in polled(fills, 8, 3, listed)]
    assert [one.quantity for one in found if one] == [3, 5]
    assert polled(fills, 8, 4, listed)[1:] == []


def test_activities_are_asked_for_again_but_not_for_ever() -> None:
    fills = Fills()
    asked = [len(polled(fills, 5, at, [])) for at in range(20)]
    assert asked == [1] * 20
    report = next(reports(Row(body(5, 1), "it"), POLL))
    assert not fills.wants(report)
    assert fills.wants(next(reports(Row(body(6, 1), "it"), POLL)))


def test_nothing_is_asked_for_while_the_stream_tells_all() -> None:
    fills = Fills()
    told(fills, update("partial_fill", "e-1", 3, 3, 1))
    told(fills, update("partial_fill", "e-2", 5, 8, 2))
    assert not fills.wants(next(reports(Row(body(8, 3), "it"), POLL)))


def test_a_bust_takes_its_execution_back() -> None:
    fills = Fills()
    said = [
        told(fills, update("partial_fill", "e-1", 40, 40, 1)),
        told(fills, update("fill", "e-2", 60, 100, 2)),
        told(fills, update("trade_bust", "e-1", 40, 60, 3)),
    ]
    sums = summed(reduce(join, map(facts_of, said)))
    assert [one.quantity for one in sums.executions] == [60]
    assert sums.filled == 60
    assert sums.status is not OrderStatus.FILLED


def test_a_bust_of_the_last_execution_is_understood_after_a_restart() -> None:
    said = [told(Fills(), update("fill", "e-1", 100, 100, 1))]
    said.append(told(Fills(), update("trade_bust", "e-1", 100, 0, 2)))
    assert summed(reduce(join, map(facts_of, said))).executions == ()


def test_a_bust_may_name_its_execution_apart() -> None:
    fills = Fills()
    fill = told(fills, update("fill", "e-1", 100, 100, 1))
    row = Row(
        {"event": "trade_bust", "execution_id": "e-9", "previous_execution_id": "e-1"}
        | {"qty": "100", "price": "10", "order": body(0, 2)},
        "the update",
    )
    assert fill.execution is not None
    assert told(fills, row).busted == (fill.execution.execution_id,)


def test_a_correction_is_a_later_revision_and_its_repetition_is_not() -> None:
    fills = Fills()
    told(fills, update("fill", "e-1", 100, 100, 1))
    corrected = told(fills, update("trade_correct", "e-1", 100, 100, 2, price="11")).execution
    again = told(fills, update("trade_correct", "e-1", 100, 100, 2, price="11")).execution
    assert corrected is not None
    assert (corrected.revision, corrected.price) == (1, Decimal(11))
    assert again == corrected


def test_a_correction_of_what_was_never_seen_changes_no_execution() -> None:
    report = told(Fills(), update("trade_correct", "e-1", 100, 100, 2, price="11"))
    assert report.execution is None
    assert replace(report, exec_type=None).filled_quantity == 100
