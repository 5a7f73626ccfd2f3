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
from tests.store.samples import APPLE, NVIDIA, at, fill, holding, report, terms

IDENTITY = Identity(id=OrderId("o"), account=AccountId("a"), connection=ConnectionId("c"))


@st.composite
def links(draw: st.DrawFn) -> list[OrderReport]:
    """Reports of an order that was replaced twice, filled here and there.

    Ids are in no order; of each replacement the old one tells, the new one, or both.
    """
    said = []
    names = draw(st.permutations(["b1", "b2", "b3"]))
    tells = draw(st.lists(st.sampled_from(["old", "new", "both"]), min_size=2, max_size=2))
    for index, name in enumerate(names):
        before = names[index - 1] if index and tells[index - 1] != "old" else None
        after = names[index + 1] if index < 2 and tells[index] != "new" else None
        for _ in range(draw(st.integers(1, 3))):
            seconds = draw(st.integers(0, 5))
            done = draw(st.sampled_from([None, fill(f"{name}-1", "2", seconds=seconds)]))
            status = draw(st.sampled_from([OrderStatus.NEW, OrderStatus.REPLACED]))
            said.append(
                report(name, seconds, status, execution=done, replaces=before, replaced_by=after)
            )
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


@given(links(), st.randoms(use_true_random=False))
def test_a_chain_is_in_the_order_in_which_it_was_replaced(
    said: list[OrderReport], random: Random
) -> None:
    names = list(dict.fromkeys(each.broker_order_id for each in said))
    random.shuffle(said)
    order = merged(said)
    assert [*order.earlier_broker_ids, order.broker_order_id] == names


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


def test_executions_count_wherever_in_the_chain_they_happened() -> None:
    fills = [fill("e1", "1", seconds=1), fill("e2", "2", seconds=2), fill("e3", "3", seconds=3)]
    chain = attach((), report("b1", 1, filled="1", execution=fills[0]))
    chain = attach(chain, report("b2", 3, filled="3", execution=fills[2], replaces="b1"))
    assert fold(chain).executions == (fills[0], fills[2])
    chain = attach(chain, report("b1", 2, filled="3", execution=fills[1]))
    assert fold(chain).executions == tuple(fills)
    assert fold(chain[:1]).executions == tuple(fills[:2])


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


def test_a_repetition_without_a_date_leaves_everything_as_it_was() -> None:
    first = report(filled="1")
    undated = replace(first, stamp=replace(first.stamp, time=None))
    known = merge_order(None, undated, IDENTITY)
    again = replace(undated, stamp=replace(undated.stamp, arrival=at(99)))
    assert merge_order(known, again, IDENTITY) == known
    news = replace(again, filled_quantity=Decimal(2))
    assert merge_order(known, news, IDENTITY) != known


def test_what_was_said_of_a_replacement_once_stays_said() -> None:
    bare, told = report("b1", 1), report("b1", 2, replaces="b0", replaced_by="b2")
    for said in ([bare, told], [told, bare], [told, told]):
        chain: tuple[Link, ...] = ()
        for each in said:
            chain = attach(chain, each)
        assert [(link.replaces, link.replaced_by) for link in chain] == [("b0", "b2")]


def test_two_that_name_the_same_heir_are_told_apart_by_their_ids() -> None:
    first, second = report("x1", replaced_by="a3"), report("x2", replaces="x1", replaced_by="a3")
    heir = report("a3")
    orders = [[first, second, heir], [second, first, heir], [heir, second, first]]
    assert len({merged(said).earlier_broker_ids for said in orders}) == 1


def test_a_replaced_order_waits_for_the_heir_that_was_announced() -> None:
    chain = attach((), report("b1", 1, OrderStatus.REPLACED, replaced_by="b2"))
    assert fold(chain).status is OrderStatus.PENDING_REPLACE
    seen = attach(chain, report("b2", 2))
    assert (fold(seen).status, fold(seen).broker_order_id) == (OrderStatus.NEW, "b2")
    refused = attach(chain, report("b2", 2, OrderStatus.REJECTED))
    assert (fold(refused).status, fold(refused).broker_order_id) == (OrderStatus.REPLACED, "b1")


def test_a_replacement_that_is_only_announced_changes_no_status() -> None:
    assert fold(attach((), report("b1", replaced_by="b2"))).status is OrderStatus.NEW
    assert fold(attach((), report("b1", 1, OrderStatus.REPLACED))).status is OrderStatus.REPLACED


def test_an_order_for_money_has_no_quantity_however_often_it_is_replaced() -> None:
    money = replace(terms(), quantity=None, notional=Decimal(500))
    chain = attach((), replace(report("b1", filled="1"), terms=money))
    chain = attach(chain, replace(report("b2", 1, replaces="b1"), terms=money))
    assert (fold(chain).terms.quantity, fold(chain).filled) == (None, Decimal(1))


def test_an_average_is_exact_to_the_ninth_decimal_however_dear() -> None:
    dear, dearer = "98765432109876543210.1", "98765432109876543210.2"
    chain = attach((), report("b1", 1, OrderStatus.REPLACED, filled="1", average=dear))
    chain = attach(chain, report("b2", 2, filled="2", average=dearer, replaces="b1"))
    assert fold(chain).average_price == Decimal("98765432109876543210.166666667")


def test_one_share_that_is_not_listed_any_more_is_gone() -> None:
    known = {APPLE.id: KnownHolding(holding=holding(APPLE, "1"), changed_at=at(1))}
    merged = merge_holdings(known, [], at(2))
    assert [each.quantity for each in merged.changed] == [0]


def test_a_holding_is_looked_at_whatever_became_of_those_before_it() -> None:
    known = {APPLE.id: KnownHolding(holding=holding(), changed_at=at(1))}
    merged = merge_holdings(known, [holding(), holding(NVIDIA)], at(2))
    assert merged.changed == (holding(NVIDIA),)


def test_what_changed_at_the_very_moment_is_not_newer() -> None:
    known = {APPLE.id: KnownHolding(holding=holding(), changed_at=at(2))}
    merged = merge_holdings(known, [holding(APPLE, "1")], at(2))
    assert (merged.changed, merged.again) == ((holding(APPLE, "1"),), False)
