"""The past: a trading day is the exchange's, and a gap stays a gap."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from domain.equity import (
    EquityPoint,
    EquitySource,
    History,
    Past,
    Session,
    daily,
    history,
)
from domain.ids import AccountId
from domain.rates import Money, Rates, ReferenceRates

# Thursday to Tuesday: the weekend has no sessions.
DAYS = [date(2026, 6, 4), date(2026, 6, 5), date(2026, 6, 8), date(2026, 6, 9)]
SESSIONS = [
    Session(day=day, closes_at=datetime(day.year, day.month, day.day, 20, tzinfo=UTC))
    for day in DAYS
]
A, B = AccountId("a"), AccountId("b")
REFERENCE = ReferenceRates(
    day=date(2026, 6, 9), per_euro={"EUR": Decimal(1), "USD": Decimal("1.25")}
)


def seen(day: int, hour: int, equity: str, currency: str = "USD", minute: int = 0) -> EquityPoint:
    at = datetime(2026, 6, day, hour, minute, tzinfo=UTC)
    source = EquitySource.SNAPSHOT
    return EquityPoint(at=at, equity=Decimal(equity), currency=currency, source=source)


def told(day: int, equity: str) -> EquityPoint:
    at = datetime(2026, 6, day, tzinfo=UTC) + timedelta(days=1)
    return EquityPoint(
        at=at,
        equity=Decimal(equity),
        currency="USD",
        source=EquitySource.BROKER,
        day=date(2026, 6, day),
    )


def past(*points: EquityPoint) -> Past:
    return Past(first=points[0] if points else None, points=points)


def added(
    *, ended: frozenset[AccountId] = frozenset(), base: str = "USD", **pasts: Past
) -> History:
    named = {AccountId(name): each for name, each in pasts.items()}
    rates = Rates.of(Money(reference=REFERENCE), [])
    return history(named, SESSIONS, DAYS[0], ended, rates, base)


def values(found: History) -> list[Decimal | None]:
    return [day.value for day in found.days]


def test_a_look_after_the_close_belongs_to_the_next_trading_day() -> None:
    points = [seen(5, 19, "1"), seen(5, 20, "2", minute=5), seen(5, 23, "3"), seen(7, 12, "4")]
    found = daily(points, SESSIONS)
    assert {day: point.equity for day, point in found.items()} == {
        DAYS[1]: Decimal(2),
        DAYS[2]: Decimal(4),
    }


def test_our_own_look_goes_before_what_the_broker_tells_of_the_day() -> None:
    for points in ([seen(4, 19, "1"), told(4, "2")], [told(4, "2"), seen(4, 19, "1")]):
        assert daily(points, SESSIONS)[DAYS[0]].equity == 1


def test_a_day_on_which_an_account_is_missing_has_no_value() -> None:
    gap = past(told(4, "1"), told(5, "2"), told(9, "4"))
    whole = past(told(4, "10"), told(5, "10"), told(8, "10"), told(9, "10"))
    found = added(a=gap, b=whole)
    assert values(found) == [Decimal(11), Decimal(12), None, Decimal(14)]
    assert found.days[2].missing == (A,)


def test_an_account_counts_from_its_first_point_on_even_if_that_is_long_ago() -> None:
    old = Past(first=told(1, "1"), points=(told(5, "2"), told(8, "2"), told(9, "2")))
    new = past(told(8, "10"), told(9, "10"))
    found = added(a=old, b=new)
    assert values(found) == [None, Decimal(2), Decimal(12), Decimal(12)]
    assert found.days[0].missing == (A,)


def test_an_account_that_has_ended_is_missed_no_more() -> None:
    over, whole = past(told(4, "1")), past(*(told(day, "10") for day in (4, 5, 8, 9)))
    found = added(a=over, b=whole, ended=frozenset({A}))
    assert values(found) == [Decimal(11), Decimal(10), Decimal(10), Decimal(10)]


def test_before_there_is_anything_there_is_no_value_and_nothing_missing() -> None:
    found = added(a=past(told(9, "1")))
    assert values(found) == [None, None, None, Decimal(1)]
    assert found.days[0].missing == ()
    assert values(added(a=past())) == [None] * 4


def test_days_are_at_todays_rates_and_what_has_none_is_left_out() -> None:
    found = added(
        a=past(told(4, "125")), b=past(seen(4, 19, "9", "JPY")), base="EUR", ended=frozenset({A})
    )
    assert found.days[0].value == 100
    assert [rate.currency for rate in found.rates] == ["USD"]
    assert found.left_out == (B,)
