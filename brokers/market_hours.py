"""When New York trades, which decides how often brokers that only work then are asked."""

import warnings
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from domain.clock import utc
from domain.instrument import AssetClass

_ALWAYS_OPEN = frozenset({AssetClass.CRYPTO, AssetClass.PERPETUAL})


def is_open(asset_class: AssetClass, at: datetime) -> bool:
    """Whether the regular session is on; crypto never closes, all else keeps New York's hours."""
    if asset_class in _ALWAYS_OPEN:
        return True
    minute = utc(at).replace(second=0, microsecond=0)
    return bool(_calendar(minute.year).is_open_on_minute(minute))


def next_open(asset_class: AssetClass, at: datetime) -> datetime:
    """When the next regular session begins, in UTC; `at` itself where it never closes."""
    if asset_class in _ALWAYS_OPEN:
        return utc(at)
    opens: datetime = _calendar(utc(at).year).next_open(utc(at)).to_pydatetime()
    return utc(opens)


@lru_cache(maxsize=4)
def _calendar(year: int) -> Any:
    """New York's sessions from the end of the year before to the start of the year after."""
    import exchange_calendars

    start, end = date(year, 1, 1) - timedelta(days=7), date(year + 1, 1, 15)
    with warnings.catch_warnings():
        # exchange-calendars 4.13 uses what pandas 3.1 is going to change.
        warnings.simplefilter("ignore")
        return exchange_calendars.get_calendar("XNYS", start=start, end=end)
