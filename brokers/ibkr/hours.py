"""When a Gateway's own sign-in ends: once a week, with the second factor after it.

It restarts every day and keeps its sign-in, until Sunday 01:00 New York (vendor's guide, Auto
Restart Considerations, 2026).
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_NEW_YORK = ZoneInfo("America/New_York")
_SUNDAY, _AT = 6, time(1)


def next_sign_in(now: datetime) -> datetime:
    """The next Sunday 01:00 in New York."""
    local = now.astimezone(_NEW_YORK)
    day = local.date() + timedelta(days=(_SUNDAY - local.weekday()) % 7)
    found = datetime.combine(day, _AT, _NEW_YORK)
    if found <= local:
        found = datetime.combine(day + timedelta(days=7), _AT, _NEW_YORK)
    return found.astimezone(UTC)
