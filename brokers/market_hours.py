"""When New York trades, which decides how often brokers that only work then are asked."""

import threading
import warnings
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.clock import utc
from domain.equity import Session
from domain.instrument import AssetClass

_NEW_YORK = ZoneInfo("America/New_York")
_LOADING = threading.Lock()
_ALWAYS_OPEN = frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL})
# From Sunday's opening to Friday's close at five; futures rest for an hour each day at that time.
_ALL_WEEK = {
    AssetClass.FX: time(17),
    AssetClass.FUTURE: time(18),
    AssetClass.FUTURE_OPTION: time(18),
}
_FIVE = time(17)
_FRIDAY, _SATURDAY, _SUNDAY = 4, 5, 6


def is_open(asset_class: AssetClass, at: datetime) -> bool:
    """Whether the regular session is on.

    Crypto never closes, currencies and futures trade all week (their holidays are left out), all
    else keeps New York's hours.
    """
    if asset_class in _ALWAYS_OPEN:
        return True
    if asset_class in _ALL_WEEK:
        return _in_the_week(_ALL_WEEK[asset_class], at.astimezone(_NEW_YORK))
    opens, closes = _sessions(utc(at).year)
    begun = bisect_right(opens, utc(at))
    return begun > 0 and utc(at) < closes[begun - 1]


def next_open(asset_class: AssetClass, at: datetime) -> datetime:
    """When the next regular session begins, in UTC; `at` itself where it never closes."""
    if asset_class in _ALWAYS_OPEN or (asset_class in _ALL_WEEK and is_open(asset_class, at)):
        return utc(at)
    if asset_class in _ALL_WEEK:
        local, opening = at.astimezone(_NEW_YORK), _ALL_WEEK[asset_class]
        days = (local.date() + timedelta(days=ahead) for ahead in range(4))
        found = (datetime.combine(day, opening, _NEW_YORK) for day in days)
        return utc(next(one for one in found if one > local and is_open(asset_class, one)))
    opens, _ = _sessions(utc(at).year)
    return opens[bisect_right(opens, utc(at))]


def _in_the_week(opening: time, local: datetime) -> bool:
    if local.weekday() == _SATURDAY:
        return False
    if local.weekday() == _SUNDAY:
        return local.time() >= opening
    if local.weekday() == _FRIDAY:
        return local.time() < _FIVE
    return not _FIVE <= local.time() < opening


def sessions(first: date, last: date) -> tuple[Session, ...]:
    """New York's trading days from one day to another, and when each closes; slow at first use."""
    found = (
        Session(day=close.astimezone(_NEW_YORK).date(), closes_at=close)
        for year in range(first.year, last.year + 1)
        for close in _sessions(year)[1]
        if close.astimezone(_NEW_YORK).year == year
    )
    return tuple(session for session in found if first <= session.day <= last)


def _sessions(year: int) -> tuple[Sequence[datetime], Sequence[datetime]]:
    # Two threads that import the calendars at once would each see them half made.
    with _LOADING:
        return _loaded(year)


@lru_cache(maxsize=4)
def _loaded(year: int) -> tuple[Sequence[datetime], Sequence[datetime]]:
    """When New York opens and closes, from the end of the year before to the start of the next."""
    import exchange_calendars

    start, end = date(year, 1, 1) - timedelta(days=7), date(year + 1, 1, 15)
    with warnings.catch_warnings():
        # exchange-calendars 4.13 uses what pandas 3.1 is going to change.
        warnings.simplefilter("ignore")
        calendar = exchange_calendars.get_calendar("XNYS", start=start, end=end)
        opens, closes = (
            tuple(utc(moment.to_pydatetime()) for moment in column)
            for column in (calendar.opens, calendar.closes)
        )
    return opens, closes
