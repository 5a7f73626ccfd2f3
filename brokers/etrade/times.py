"""The moments that E*TRADE writes: seconds or milliseconds of unix time, or a day's digits.

Both units occur in one order (recorded from its sandbox); 0 is none, and -57600000 and -68400000
stand for a day that is not known (client notes, 2026).
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from brokers.wire import Row

NEW_YORK = ZoneInfo("America/New_York")
_DAY_DIGITS, _MS_DIGITS = 8, 12


def moment_of(row: Row, *names: str) -> datetime | None:
    """The first of these fields that is a moment; None for none."""
    found = (_moment(row.text(name)) for name in names)
    return next((moment for moment in found if moment is not None), None)


def date_of(row: Row, *names: str) -> date | None:
    """The day in New York of the first of these fields that is a moment."""
    moment = moment_of(row, *names)
    return None if moment is None else moment.astimezone(NEW_YORK).date()


def next_midnight(moment: datetime) -> datetime:
    """When the day ends in New York: 23, 24 or 25 hours after it began."""
    tomorrow = moment.astimezone(NEW_YORK).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), NEW_YORK).astimezone(UTC)


def _moment(text: str | None) -> datetime | None:
    if text is None or not (text.isascii() and text.isdigit()) or int(text) == 0:
        return None
    try:
        if len(text) == _DAY_DIGITS:
            day = date.fromisoformat(text)
            return datetime.combine(day, time(), NEW_YORK).astimezone(UTC)
        seconds = int(text) / 1000 if len(text) >= _MS_DIGITS else int(text)
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
