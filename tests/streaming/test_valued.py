"""Positions for those who ask: the same while nothing moves, never those of an older price."""

import gc
from dataclasses import replace
from decimal import Decimal
from weakref import ref

from hypothesis import given
from hypothesis import strategies as st

from domain.account import Account, AccountStatus, AccountType, Environment
from domain.changes import HoldingChange
from domain.holding import Mark, Position, value
from domain.ids import AccountId, ConnectionId
from store.standing import Standing
from streaming.marks import Marks, newer
from streaming.valued import ToldPage, ToldPosition, Valued
from tests.store.samples import APPLE, at, holding, mark

HERE, ELSEWHERE = ConnectionId("here"), ConnectionId("elsewhere")
ACCOUNT = Account(
    id=AccountId("a"),
    connection_id=HERE,
    broker="alpaca",
    environment=Environment.PAPER,
    masked_number="***1",
    type=AccountType.MARGIN,
    raw_type="margin",
    currency="USD",
    status=AccountStatus.OPEN,
    raw_status="ACTIVE",
)
HELD = HoldingChange(account_id=ACCOUNT.id, holding=holding())


def standing(stored: Mark | None = None) -> Standing:
    """An account with one holding."""
    return Standing(
        version=("tag", 1, 1),
        accounts={ACCOUNT.id: ACCOUNT},
        balances={},
        valuations={},
        holdings=(HELD,),
        marks={HERE: {APPLE.id: stored}} if stored else {},
    )


def told(valued: Valued, now: Standing) -> tuple[Position, ...]:
    """The first page."""
    return valued.page(now, now.page(first=9)).items


def test_a_page_stays_the_same_until_one_of_its_prices_moves() -> None:
    marks = Marks()
    valued, now = Valued(marks), standing()
    first = valued.page(now, now.page(first=9))
    assert isinstance(first, ToldPage)
    assert valued.page(now, now.page(first=9)) is first
    assert valued.page(now, now.page(first=8)) is not first
    marks.set(HERE, mark())
    second = valued.page(now, now.page(first=9))
    assert second is not first
    assert valued.page(now, now.page(first=9)) is second


def test_a_position_stays_the_same_until_its_price_moves() -> None:
    marks = Marks()
    valued, now = Valued(marks), standing(mark(price="1"))
    (first,) = told(valued, now)
    assert told(valued, now)[0] is first
    marks.set(ELSEWHERE, replace(mark(price="7"), as_of=at(5)))
    assert told(valued, now)[0] is first
    marks.set(HERE, replace(mark(price="2"), as_of=at(5)))
    (second,) = told(valued, now)
    assert second.valuation is not None
    assert (second.valuation.price, second.valuation.market_value) == (Decimal(2), Decimal(20))


def test_what_was_written_of_a_position_goes_with_its_price() -> None:
    marks = Marks()
    valued, now = Valued(marks), standing()
    (first,) = told(valued, now)
    assert isinstance(first, ToldPosition)
    first.written["selection"] = b"{}"
    marks.set(HERE, mark())
    (second,) = told(valued, now)
    assert isinstance(second, ToldPosition)
    assert second.written == {}


def test_a_standing_that_nobody_keeps_is_forgotten() -> None:
    valued, now = Valued(Marks()), standing()
    kept = ref(now)
    assert told(valued, now)
    assert kept() is now
    del now
    gc.collect()
    assert kept() is None


def test_one_of_an_account_that_is_not_there_has_no_price() -> None:
    marks = Marks()
    marks.set(HERE, mark())
    lost = replace(HELD, account_id=AccountId("gone"))
    assert Valued(marks).position(standing(mark()), lost).valuation is None


_PRICES = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 5)), max_size=6)


@given(stored=st.none() | st.integers(1, 9), ticks=_PRICES)
def test_it_is_worth_what_it_would_be_if_it_were_priced_anew(
    stored: int | None, ticks: list[tuple[int, int]]
) -> None:
    marks = Marks()
    valued, now = Valued(marks), standing(mark(price=str(stored)) if stored else None)
    for price, seconds in [(0, 0), *ticks]:
        if price:
            marks.set(HERE, replace(mark(price=str(price)), as_of=at(seconds)))
        kept, live = now.marks.get(HERE, {}).get(APPLE.id), marks.of(HERE, APPLE.id)
        latest = newer(kept, live) if kept and live else live or kept
        (position,) = told(valued, now)
        assert position.valuation == value(HELD.holding, latest)
