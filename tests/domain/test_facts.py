"""Order truth: the join is a lattice, so no order of arrival matters."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import reduce
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.facts import Facts, OrderReport, Source, Stamp, facts_of, join
from domain.order import TERMINAL, Execution, OrderStatus
from domain.sums import summed
from tests.store.samples import at, fill, report

QUANTITIES = st.integers(min_value=0, max_value=10).map(Decimal)


@st.composite
def executions(draw: st.DrawFn) -> Execution:
    """A fill, or a later word on the same one."""
    index = draw(st.integers(0, 3))
    execution = fill(f"e{index}", str(draw(st.integers(1, 4))), seconds=index)
    return replace(execution, revision=draw(st.sampled_from([0, 0, 0, 1, 2])))


@st.composite
def reports(draw: st.DrawFn, *, timed: bool = True, amended: bool = True) -> OrderReport:
    """Something that might be said of one order."""
    said = report(
        seconds=draw(st.integers(0, 5)),
        status=draw(st.sampled_from(list(OrderStatus))),
        filled=str(draw(QUANTITIES)),
        source=draw(st.sampled_from(list(Source))),
        execution=draw(st.none() | executions()),
        busted=draw(st.sampled_from([(), (), ("e0",), ("e1", "e2")])) if amended else (),
        average=draw(st.sampled_from([None, "100", "101"])),
    )
    if not amended and said.execution is not None:
        said = replace(said, execution=fill(said.execution.execution_id, "2"))
    arrival = at(draw(st.integers(0, 100)))
    time = said.stamp.time if timed else None
    return replace(said, stamp=Stamp(time=time, source=said.stamp.source, arrival=arrival))


def joined(said: Sequence[OrderReport]) -> Facts:
    """Everything together, in this order."""
    return reduce(join, map(facts_of, said))


def shown(facts: Facts) -> tuple[object, ...]:
    """All that is derived from facts."""
    said = facts.said
    return (summed(facts), said.terms, said.raw_status, said.working, said.reason)


@given(st.lists(reports(), min_size=1, max_size=6), st.randoms())
def test_timed_reports_mean_the_same_in_any_order_and_repetition(
    said: list[OrderReport], random: Random
) -> None:
    mixed = [*said, *random.choices(said, k=3)]
    random.shuffle(mixed)
    assert shown(joined(_received(mixed))) == shown(joined(_received(said)))


def _received(said: Sequence[OrderReport]) -> list[OrderReport]:
    """The same messages, stamped as they arrive."""
    return [
        replace(each, stamp=replace(each.stamp, arrival=at(index)))
        for index, each in enumerate(said)
    ]


@given(reports(), reports(), reports())
def test_the_join_is_commutative_associative_and_idempotent(
    one: OrderReport, two: OrderReport, three: OrderReport
) -> None:
    a, b, c = map(facts_of, (one, two, three))
    assert shown(join(a, b)) == shown(join(b, a))
    assert shown(join(join(a, b), c)) == shown(join(a, join(b, c)))
    assert join(a, a) == a


@given(
    st.lists(reports(timed=False), min_size=1, max_size=4),
    st.lists(reports(timed=False), min_size=1, max_size=4),
    st.data(),
)
def test_untimed_sources_mean_the_same_however_they_interleave(
    polled: list[OrderReport], streamed: list[OrderReport], data: st.DataObject
) -> None:
    poll = _in_own_order(polled, Source.POLL)
    stream = _in_own_order(streamed, Source.STREAM)
    mixed, left = [], [list(poll), list(stream)]
    while any(left):
        source = data.draw(st.sampled_from([each for each in left if each]))
        mixed.append(source.pop(0))
    assert shown(joined(mixed)) == shown(joined([*poll, *stream]))


def _in_own_order(said: Sequence[OrderReport], source: Source) -> list[OrderReport]:
    return [
        replace(each, stamp=Stamp(time=None, source=source, arrival=at(index)))
        for index, each in enumerate(said)
    ]


@given(st.lists(reports(amended=False), min_size=1, max_size=6), reports(amended=False))
def test_without_busts_fills_never_shrink_and_an_end_is_an_end(
    said: list[OrderReport], late: OrderReport
) -> None:
    before = joined(said)
    after = join(before, facts_of(late))
    assert summed(after).filled >= summed(before).filled
    if summed(before).status.terminal:
        assert summed(after).status.terminal
        assert TERMINAL.index(summed(after).status) >= TERMINAL.index(summed(before).status)


def test_a_report_that_comes_late_takes_no_fill_back() -> None:
    sums = summed(joined([report(seconds=1, filled="5"), report(seconds=2, filled="3")]))
    assert sums.filled == 5


def test_a_bust_takes_the_fill_and_the_end_back() -> None:
    done = report(seconds=1, status=OrderStatus.FILLED, filled="10", execution=fill("e1", "10"))
    busted = report(seconds=2, status=OrderStatus.NEW, filled="0", busted=("e1",))
    sums = summed(joined([busted, done]))
    assert sums.status is OrderStatus.NEW
    assert sums.filled == 0
    assert sums.executions == ()


def test_a_correction_replaces_the_fill_that_it_corrects() -> None:
    first = fill("e1", "10", "100")
    corrected = replace(first, quantity=Decimal(8), price=Decimal(99), revision=1)
    facts = joined(
        [
            report(seconds=2, filled="8", execution=corrected),
            report(seconds=1, filled="10", execution=first),
        ]
    )
    assert summed(facts).executions == (corrected,)
    assert summed(facts).filled == 8
    assert summed(facts).average_price == 99


def test_a_complete_fill_beats_a_cancel_and_a_late_fill_of_a_canceled_order_counts() -> None:
    canceled = report(seconds=1, status=OrderStatus.CANCELED, filled="4")
    late = report(seconds=0, filled="4", execution=fill("e2", "6"))
    facts = joined([canceled, late])
    assert summed(facts).status is OrderStatus.CANCELED
    assert summed(facts).filled == 6
    complete = join(facts, facts_of(report(seconds=3, filled="10")))
    assert summed(complete).status is OrderStatus.FILLED


def test_an_unread_word_is_never_an_end() -> None:
    facts = joined([report(status=OrderStatus.UNKNOWN)])
    assert not summed(facts).status.terminal
    partly = join(facts, facts_of(report(status=OrderStatus.FILLED, filled="10", seconds=1)))
    assert summed(partly).status is OrderStatus.FILLED


def test_an_average_is_worked_out_only_when_executions_explain_every_unit() -> None:
    one = report(seconds=1, filled="4", execution=fill("e1", "1", "100"))
    assert summed(facts_of(one)).average_price is None
    rest = report(seconds=2, filled="4", execution=fill("e2", "3", "104"))
    assert summed(join(facts_of(one), facts_of(rest))).average_price == 103


def test_two_words_of_one_moment_are_ranked_by_what_they_say_not_by_which_came_first() -> None:
    new = report(status=OrderStatus.NEW)
    bidding = report(status=OrderStatus.ACCEPTED_FOR_BIDDING)
    one, other = (shown(joined(_received(each))) for each in ([new, bidding], [bidding, new]))
    assert one == other


def test_the_brokers_own_average_counts_before_one_that_is_worked_out() -> None:
    one = report(seconds=1, filled="1", execution=fill("e1", "1", "100"))
    two = report(seconds=2, filled="2", execution=fill("e2", "1", "101"), average="100.6")
    assert summed(joined([one, two])).average_price == Decimal("100.6")


def test_an_average_is_exact_to_the_ninth_decimal_however_dear() -> None:
    one = report(seconds=1, filled="3", execution=fill("e1", "1", "98765432109876543210.1"))
    two = report(seconds=2, filled="3", execution=fill("e2", "2", "98765432109876543210.2"))
    assert summed(joined([one, two])).average_price == Decimal("98765432109876543210.166666667")


def test_a_commission_that_is_told_later_is_known_from_then_on() -> None:
    untold = fill("one", "2")
    told = replace(untold, commission=Decimal("1.25"))
    for both in ((untold, told), (told, untold)):
        facts = joined([report(filled="2", execution=one) for one in both])
        assert facts.executions["one"].commission == Decimal("1.25")


def _stamp(time: int | None, source: Source = Source.STREAM, arrival: int = 0) -> Stamp:
    return Stamp(time=None if time is None else at(time), source=source, arrival=at(arrival))


def test_a_stamp_is_of_the_brokers_time_or_else_of_its_arrival() -> None:
    assert _stamp(1, arrival=9).moment == at(1)
    assert _stamp(None, arrival=9).moment == at(9)


def test_timed_facts_outrank_untimed_ones_and_those_go_by_source_and_arrival() -> None:
    stamps = [
        _stamp(None, Source.POLL, 9),
        _stamp(None, Source.REPLY, 1),
        _stamp(None, Source.STREAM, 1),
        _stamp(None, Source.STREAM, 2),
        _stamp(-9),
        _stamp(1),
    ]
    mixed = [stamps[place] for place in (3, 0, 5, 1, 4, 2)]
    assert sorted(mixed, key=lambda stamp: stamp.rank) == stamps
    assert _stamp(1, Source.POLL, 5).rank == _stamp(1, Source.STREAM, 2).rank


def test_a_repetition_is_of_the_same_time_or_else_of_the_same_source() -> None:
    assert _stamp(1, Source.POLL, 5).repeatable == _stamp(1, Source.STREAM, 2).repeatable
    assert _stamp(1).repeatable != _stamp(2).repeatable
    assert _stamp(None, arrival=5).repeatable == _stamp(None, arrival=2).repeatable
    assert _stamp(None, Source.POLL).repeatable != _stamp(None, Source.STREAM).repeatable
    assert _stamp(None).repeatable != _stamp(1).repeatable
