"""What adds nothing is known without merging it, and never wrongly."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from domain.facts import OrderReport, Source, Stamp
from domain.ids import ConnectionId
from domain.order import OrderStatus
from store.merge import Known, merge_order, merged
from store.repetition import adds_nothing
from tests.store.reports import FULLER, IDENTITY, LEGS, reports
from tests.store.samples import at, fill, report

CHANGING = [each.name for each in fields(OrderReport) if each.name not in {"account", "exec_type"}]


@settings(max_examples=500)
@given(st.lists(reports(), min_size=1, max_size=5), st.data())
def test_what_is_found_the_short_way_is_what_is_found_the_long_way(
    said: list[OrderReport], data: st.DataObject
) -> None:
    known: Known | None = None
    for each in said:
        known = merged(known, each, IDENTITY)
    assert known is not None
    # The last word again, but for one thing.
    again, other = said[-1], data.draw(reports())
    changed = data.draw(st.sampled_from(CHANGING))
    one = replace(again, **{changed: getattr(other, changed)})
    event(f"adds nothing: {adds_nothing(known.order, known.links, one)}")
    assert merge_order(known, one, IDENTITY) == merged(known, one, IDENTITY)


def test_a_look_at_what_a_stream_told_adds_nothing() -> None:
    streamed = report(seconds=1, status=OrderStatus.FILLED, filled="10", execution=fill("e1", "10"))
    known = merge_order(None, streamed, IDENTITY)
    polled = replace(
        report(seconds=1, status=OrderStatus.FILLED, filled="10", source=Source.POLL),
        stamp=Stamp(time=at(1), source=Source.POLL, arrival=at(5)),
    )
    assert merge_order(known, polled, IDENTITY) is known


def test_an_order_that_another_connection_tells_now_is_that_ones() -> None:
    known = merge_order(None, report(), IDENTITY)
    other = replace(IDENTITY, connection=ConnectionId("d"))
    assert merge_order(known, report(), other).order.connection_id == "d"


@pytest.mark.parametrize(
    "news",
    [
        {"execution": fill("e1", "2")},
        {"busted": ("e1",)},
        {"replaces": "b0"},
        {"replaced_by": "b2"},
        {"legs": LEGS},
        {"parent": "p1"},
        {"client_order_id": "bg-1"},
        {"submitted_at": at(0)},
        {"instrument": FULLER},
    ],
    ids=lambda news: next(iter(news)),
)
def test_one_new_thing_is_not_nothing(news: dict[str, Any]) -> None:
    known = merge_order(None, report(), IDENTITY)
    assert merge_order(known, replace(report(), **news), IDENTITY) != known
