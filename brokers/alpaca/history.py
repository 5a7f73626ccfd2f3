"""What Alpaca says an account was worth at the end of each trading day.

Daily points are stamped 20:00 New York of the day that they close (the vendor's examples, OpenAPI
2026-06: 2023-10-13 as 1697241600); the oldest bodies count milliseconds (SDK tests).
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import dropwhile
from zoneinfo import ZoneInfo

from brokers.alpaca.client import Client
from brokers.wire import Row, rounded
from domain.equity import EquityPoint, EquitySource
from domain.errors import Unintelligible

_NEW_YORK = ZoneInfo("America/New_York")
_EVER = "10A"
# Seconds do not get there before the year 5138.
_MILLISECONDS = 10**11


async def read(client: Client, currency: str, since: date | None) -> Sequence[EquityPoint]:
    """Days without a figure are left out, and so are the empty ones before the first deposit."""
    params = {"timeframe": "1D"}
    params |= {"period": _EVER} if since is None else {"start": _begins(since)}
    path = "/v2/account/portfolio/history"
    return points(Row(await client.read("history", path, params), "the history"), currency)


def _begins(day: date) -> str:
    """In New York: at midnight of UTC the day before still has its point to come."""
    return datetime.combine(day, time(), _NEW_YORK).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def points(body: Row, currency: str) -> Sequence[EquityPoint]:
    """The equity of each day."""
    stamps, equities = body.values("timestamp"), body.values("equity")
    if len(stamps) != len(equities):
        raise Unintelligible("the history has not as many figures as days")
    found = [_point(*each, currency) for each in zip(stamps, equities, strict=True)]
    told = [point for point in found if point is not None]
    return list(dropwhile(lambda point: not point.equity, told))


def _point(stamp: object, equity: object, currency: str) -> EquityPoint | None:
    worth = rounded(Decimal(equity) if isinstance(equity, int) else equity)
    if worth is None or not isinstance(stamp, int):
        return None
    try:
        at = datetime.fromtimestamp(stamp // 1000 if stamp > _MILLISECONDS else stamp, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return EquityPoint(
        at=at,
        equity=worth,
        currency=currency,
        source=EquitySource.BROKER,
        day=at.astimezone(_NEW_YORK).date(),
    )
