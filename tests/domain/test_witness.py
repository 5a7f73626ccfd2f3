"""Two readings set side by side: alike is nothing, and nothing that differs is left out."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.witness import PRICE, Said, Sighting, Subject, differences

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
AMOUNTS = st.decimals(min_value=-(10**6), max_value=10**6, places=4)
SAID = st.dictionaries(
    st.sampled_from(["quantity", "cash", PRICE, "side"]),
    st.one_of(st.none(), AMOUNTS, st.sampled_from(["BUY", "SELL"])),
)


@st.composite
def readings(draw: st.DrawFn) -> list[Sighting]:
    """One reader's, each thing once."""
    names = st.tuples(st.sampled_from(Subject), st.sampled_from("AB"), st.sampled_from("XYZ"))
    found = draw(st.dictionaries(names, SAID, max_size=8))
    return [
        Sighting(subject=subject, account=account, key=key, said=said)
        for (subject, account, key), said in found.items()
    ]


def position(**said: Said) -> Sighting:
    """One that both have."""
    return Sighting(subject=Subject.POSITION, account="•••1234", key="EQUITY AAPL", said=said)


@given(readings(), st.randoms())
def test_the_same_in_any_order_differs_in_nothing(ours: list[Sighting], random: Random) -> None:
    theirs = list(ours)
    random.shuffle(theirs)
    assert differences(ours, theirs, AS_OF) == ()


@given(readings(), readings())
def test_each_side_finds_what_the_other_finds(ours: list[Sighting], theirs: list[Sighting]) -> None:
    def lone(one: list[Sighting], other: list[Sighting]) -> set[tuple[str, str, str]]:
        names = {(s.subject.value, s.account, s.key) for s in one}
        return names - {(s.subject.value, s.account, s.key) for s in other}

    found = [one for one in differences(ours, theirs, AS_OF) if one.field is None]
    here = {(one.subject.value, one.account, one.key) for one in found if one.here}
    there = {(one.subject.value, one.account, one.key) for one in found if not one.here}
    assert here == lone(ours, theirs)
    assert there == lone(theirs, ours)


@given(AMOUNTS, AMOUNTS)
def test_any_other_quantity_is_told(ours: Decimal, theirs: Decimal) -> None:
    found = differences([position(quantity=ours)], [position(quantity=theirs)], AS_OF)
    assert [(one.field, one.ours, one.theirs) for one in found] == (
        [] if ours == theirs else [("quantity", ours, theirs)]
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "many"),
    [
        ({PRICE: Decimal(100)}, {PRICE: Decimal("102")}, 0),
        ({PRICE: Decimal(100)}, {PRICE: Decimal("102.01")}, 1),
        ({PRICE: Decimal(100)}, {PRICE: None}, 1),
        ({PRICE: None}, {PRICE: Decimal(100)}, 1),
        ({"average_cost": Decimal(100)}, {"average_cost": Decimal("100.01")}, 1),
        ({"average_cost": Decimal("1.50")}, {"average_cost": Decimal("1.5")}, 0),
        ({"side": "BUY"}, {"side": "SELL"}, 1),
        ({"side": "BUY"}, {}, 0),
    ],
)
def test_only_a_market_price_may_have_moved(
    ours: Mapping[str, Said], theirs: Mapping[str, Said], many: int
) -> None:
    assert len(differences([position(**ours)], [position(**theirs)], AS_OF)) == many


def test_what_began_after_our_snapshot_is_told_as_such() -> None:
    order = Sighting(subject=Subject.ORDER, account="•••1234", key="x", said={})
    early = replace(order, since=AS_OF - timedelta(microseconds=1))
    for seen, later in ((order, False), (early, False), (replace(order, since=AS_OF), True)):
        (found,) = differences([], [seen], AS_OF)
        assert found.later is later
        assert str(found).endswith("added after our snapshot") is later


def test_a_difference_is_a_line_that_a_person_can_read() -> None:
    (found,) = differences([position(quantity=Decimal(30))], [position(quantity=None)], AS_OF)
    assert str(found) == "•••1234 position EQUITY AAPL: quantity is 30 here, nothing there"
    (lone,) = differences([position()], [], AS_OF)
    assert str(lone) == "•••1234 position EQUITY AAPL: only here"
