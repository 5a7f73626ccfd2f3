"""What adds nothing is known without merging it, and never wrongly."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from domain.facts import OrderReport, Source, Stamp
from domain.ids import AccountId, ConnectionId, OrderId
from domain.instrument import AssetClass, Instrument
from domain.order import Leg, OrderSide, OrderStatus
from store.merge import Identity, Known, merge_order, merged
from store.repetition import adds_nothing
from tests.store.samples import APPLE, NVIDIA, at, fill, report

IDENTITY = Identity(id=OrderId("o"), account=AccountId("a"), connection=ConnectionId("c"))
FULLER = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD", name="Apple")
LEGS = (Leg(instrument=NVIDIA, side=OrderSide.BUY, ratio=Decimal(1)),)
NAMES = ("b1", "b2")
CHANGING = [each.name for each in fields(OrderReport) if each.name not in {"account", "exec_type"}]


@st.composite
def reports(draw: st.DrawFn) -> OrderReport:
    """Something that might be said of an order with up to two broker ids, timed or not."""
    name = draw(st.sampled_from(NAMES))
    said = report(
        name,
        status=draw(st.sampled_from([OrderStatus.NEW, OrderStatus.FILLED, OrderStatus.CANCELED])),
        filled=draw(st.sampled_from(["0", "2", "10"])),
        client=draw(st.sampled_from([None, "", "bg-1", "other"])),
        execution=draw(st.sampled_from([None, None, None, fill("e1", "2")])),
        busted=draw(st.sampled_from([(), (), ("e1",)])),
        replaces=draw(st.sampled_from([None, "b1"])) if name == "b2" else None,
        replaced_by=draw(st.sampled_from([None, "b2"])) if name == "b1" else None,
        instrument=draw(st.sampled_from([APPLE, FULLER])),
        average=draw(st.sampled_from([None, "100", "100.0", "101"])),
    )
    moments = st.integers(0, 3).map(at)
    stamp = Stamp(
        time=draw(st.none() | moments),
        source=draw(st.sampled_from(list(Source))),
        arrival=draw(moments),
    )
    return replace(
        said,
        stamp=stamp,
        submitted_at=draw(st.none() | moments),
        parent=draw(st.sampled_from([None, "p1"])),
        legs=draw(st.sampled_from([(), LEGS])),
    )


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
