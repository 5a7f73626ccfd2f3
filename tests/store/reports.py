"""Whatever might be said of one order, drawn by chance."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from domain.facts import OrderReport, Source, Stamp
from domain.ids import AccountId, ConnectionId, OrderId
from domain.instrument import AssetClass, Instrument
from domain.order import Leg, OrderSide, OrderStatus
from store.merge import Identity
from tests.store.samples import APPLE, NVIDIA, at, fill, report

IDENTITY = Identity(id=OrderId("o"), account=AccountId("a"), connection=ConnectionId("c"))
FULLER = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD", name="Apple")
LEGS = (Leg(instrument=NVIDIA, side=OrderSide.BUY, ratio=Decimal(1)),)
NAMES = ("b1", "b2")


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
