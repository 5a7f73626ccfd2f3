"""When New York trades, which decides how often brokers that only work then are asked."""

import threading
import warnings
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.clock import utc
from domain.equity import Session
from domain.instrument import AssetClass

_NEW_YORK = ZoneInfo("America/New_York")
_LOADING = threading.Lock()
_ALWAYS_OPEN = frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL})


def is_open(asset_class: AssetClass, at: datetime) -> bool:
    """Whether the regular session is on; crypto never closes, all else keeps New York's hours."""
    if asset_class in _ALWAYS_OPEN:
        return True
    opens, closes = _sessions(utc(at).year)
    begun = bisect_right(opens, utc(at))
    return begun > 0 and utc(at) < closes[begun - 1]


def next_open(asset_class: AssetClass, at: datetime) -> datetime:
    """When the next regular session begins, in UTC; `at` itself where it never closes."""
    if asset_class in _ALWAYS_OPEN:
        return utc(at)
    opens, _ = _sessions(utc(at).year)
    return opens[bisect_right(opens, utc(at))]


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
