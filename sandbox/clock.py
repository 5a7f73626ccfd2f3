"""The time the sandbox believes in, handed in so that a test can set it."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]

NEW_YORK = ZoneInfo("America/New_York")
SATURDAY = 5
OPENS, CLOSES = time(9, 30), time(16, 0)


def wall_clock() -> datetime:
    """The real time, in UTC."""
    return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        """Move on by `by`."""
        self.now += by


def is_session_day(moment: datetime) -> bool:
    """Whether New York trades that day; holidays are left out, a sandbox has none."""
    return moment.astimezone(NEW_YORK).weekday() < SATURDAY


def in_session(moment: datetime) -> bool:
    """Whether the regular session is on."""
    return is_session_day(moment) and OPENS <= moment.astimezone(NEW_YORK).time() < CLOSES


def next_time(moment: datetime, at: time) -> datetime:
    """The first session day's `at` (New York time) that lies after `moment`."""
    local = moment.astimezone(NEW_YORK)
    found = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    while found <= local or not is_session_day(found):
        found += timedelta(days=1)
    return found
