"""An order across its broker ids: whatever arrives first, it adds up to the same."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.facts import OrderReport, Source
from domain.ids import AccountId, ConnectionId, OrderId
from domain.order import Order, OrderStatus
from store.chain import Link, attach, fold
from store.merge import Identity, Known, KnownHolding, merge_holdings, merge_order
from tests.store.samples import APPLE, NVIDIA, at, fill, holding, report

IDENTITY = Identity(id=OrderId("o"), account=AccountId("a"), connection=ConnectionId("c"))


@st.composite
def links(draw: st.DrawFn) -> list[OrderReport]:
    """Reports of an order that was replaced twice, filled here and there."""
    said = []
    for index, name in enumerate(("b1", "b2", "b3")):
        before = f"b{index}" if index else None
        for _ in range(draw(st.integers(1, 3))):
            seconds = draw(st.integers(0, 5))
            done = draw(st.sampled_from([None, fill(f"{name}-1", "2", seconds=seconds)]))
            status = draw(st.sampled_from([OrderStatus.NEW, OrderStatus.REPLACED]))
            said.append(report(name, seconds, status, execution=done, replaces=before))
    return said


def merged(said: Sequence[OrderReport]) -> Order:
    """What they add up to, in this order."""
    known: Known | None = None
    for each in said:
        known = merge_order(known, each, IDENTITY)
    assert known is not None
    return replace(known.order, client_order_id=None)


@given(links(), st.randoms(use_true_random=False))
def test_a_chain_adds_up_to_the_same_in_any_order_and_repetition(
    said: list[OrderReport], random: Random
) -> None:
    mixed = [*said, *random.choices(said, k=4)]
    random.shuffle(mixed)
    assert replace(merged(mixed), updated_at=at(0)) == replace(merged(said), updated_at=at(0))


@given(links())
def test_a_repetition_leaves_everything_as_it_was(said: list[OrderReport]) -> None:
    known: Known | None = None
    for each in said:
        known = merge_order(known, each, IDENTITY)
        later = replace(each, stamp=replace(each.stamp, arrival=at(99), source=Source.POLL))
        assert merge_order(known, later, IDENTITY) == known


def test_fills_count_wherever_in_the_chain_they_happened() -> None:
    chain: tuple[Link, ...] = ()
    chain = attach(chain, report("b1", 1, OrderStatus.REPLACED, filled="3", average="100"))
    chain = attach(chain, report("b2", 2, quantity="7", filled="7", average="110", replaces="b1"))
    order = fold(chain)
    assert (order.filled, order.terms.quantity) == (Decimal(10), Decimal(10))
    assert order.status is OrderStatus.FILLED
    assert order.average_price == Decimal(107)


def test_an_average_is_unknown_if_a_link_does_not_say() -> None:
    chain = attach((), report("b1", 1, OrderStatus.REPLACED, filled="3"))
    chain = attach(chain, report("b2", 2, filled="7", average="110", replaces="b1"))
    assert fold(chain).average_price is None


def test_ids_that_replace_each_other_in_a_circle_do_not_hang() -> None:
    chain = attach((), report("b1", replaces="b2"))
    chain = attach(chain, report("b2", replaces="b1"))
    assert {link.broker_order_id for link in chain} == {"b1", "b2"}
    assert fold(chain).filled == 0


def test_a_holding_that_changed_after_the_snapshot_began_is_left_alone() -> None:
    known = {APPLE.id: KnownHolding(holding=holding(), changed_at=at(5))}
    old = merge_holdings(known, [holding(APPLE, "1"), holding(NVIDIA)], at(4))
    assert (old.changed, old.again) == ((holding(NVIDIA),), True)
    gone = merge_holdings(known, [], at(4))
    assert (gone.changed, gone.again) == ((), True)
    same = merge_holdings(known, [holding()], at(4))
    assert (same.changed, same.again) == ((), False)


def test_a_holding_of_nothing_that_was_never_held_is_no_change() -> None:
    assert merge_holdings({}, [holding(APPLE, "0")], at(0)).changed == ()
