"""The latest price wins, in whatever order prices arrive."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.holding import Mark
from domain.ids import ConnectionId
from streaming.marks import Marks
from tests.clock import START
from tests.streaming.samples import AAPL, MSFT, mark

ONE, OTHER = ConnectionId("one"), ConnectionId("other")


def test_a_mark_prices_its_own_connection_only() -> None:
    marks = Marks()
    marks.set(ONE, mark(100))
    assert marks.of(ONE, AAPL.id) == mark(100)
    assert marks.of(OTHER, AAPL.id) is None
    assert marks.of(ONE, MSFT.id) is None


def test_the_same_mark_again_is_no_news() -> None:
    marks = Marks()
    assert marks.set(ONE, mark(100)) == mark(100)
    assert marks.set(ONE, mark(100)) is None


def test_an_older_price_is_no_news_but_its_previous_close_is() -> None:
    marks = Marks()
    marks.set(ONE, mark(101, at=START + timedelta(seconds=1)))
    assert marks.set(ONE, mark(100)) is None
    merged = marks.set(ONE, mark(100, previous_close=Decimal(90)))
    assert merged == mark(101, at=START + timedelta(seconds=1), previous_close=Decimal(90))


def test_a_tick_keeps_the_previous_close() -> None:
    marks = Marks()
    marks.set(ONE, mark(100, previous_close=Decimal(90)))
    later = mark(101, at=START + timedelta(seconds=1))
    assert marks.set(ONE, later) == mark(101, at=later.as_of, previous_close=Decimal(90))


def test_what_is_forgotten_is_gone() -> None:
    marks = Marks()
    marks.set(ONE, mark(100))
    marks.forget(ONE)
    assert marks.of(ONE, AAPL.id) is None


ticks = st.lists(
    st.builds(
        lambda second, price: mark(price, at=START + timedelta(seconds=second)),
        st.integers(0, 5),
        st.integers(1, 9),
    ),
    min_size=1,
)


@given(ticks)
def test_no_later_price_is_ever_replaced_by_an_earlier_one(told: list[Mark]) -> None:
    marks = Marks()
    for each in told:
        marks.set(ONE, each)
    held = marks.of(ONE, AAPL.id)
    assert held is not None
    assert held.as_of == max(each.as_of for each in told)
