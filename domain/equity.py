"""What accounts were worth over time: a point where somebody looked, and a gap where nobody did."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.ids import AccountId
from domain.money import finest, times, total
from domain.rates import Rate, Rates


class EquitySource(StrEnum):
    """Whether we looked ourselves, or the broker told afterwards."""

    SNAPSHOT = "SNAPSHOT"
    BROKER = "BROKER"


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityPoint:
    """What an account was worth at a moment, in `currency`.

    `day` is the trading day that the broker says it closes; None: the one that the moment is in.
    """

    at: datetime
    equity: Decimal
    currency: str
    source: EquitySource
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityTold:
    """Points of one account, to be kept."""

    account: str
    points: tuple[EquityPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An account's first point ever, and those of a stretch of time."""

    first: EquityPoint | None
    points: tuple[EquityPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A trading day of the exchange, and when it closes."""

    day: date
    closes_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryDay:
    """All accounts at the end of a trading day, in the base currency.

    None if there is none yet, or if one of them has no point that day: those are `missing`.
    """

    day: date
    value: Decimal | None
    as_of: datetime | None
    missing: tuple[AccountId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Every day at today's `rates`; accounts in a currency without one are `left_out`."""

    base: str
    days: tuple[HistoryDay, ...]
    rates: tuple[Rate, ...]
    left_out: tuple[AccountId, ...]


# A look that the close called for is a little after it.
_SETTLING = timedelta(minutes=15)


def daily(points: Sequence[EquityPoint], sessions: Sequence[Session]) -> dict[date, EquityPoint]:
    """The last point of each trading day; one after the close belongs to the next.

    Our own look goes before what the broker says of the same day. `sessions` in order.
    """
    found: dict[date, EquityPoint] = {}
    for point in sorted(points, key=lambda each: (each.source is EquitySource.SNAPSHOT, each.at)):
        day = point.day or _day(point.at, sessions)
        if day is not None:
            found[day] = point
    return found


def _day(at: datetime, sessions: Sequence[Session]) -> date | None:
    index = bisect_left(sessions, at, key=lambda session: session.closes_at + _SETTLING)
    return sessions[index].day if index < len(sessions) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """One account by day, in the base currency; expected from `since` on, unless it is `over`."""

    since: date
    over: bool
    dailies: dict[date, EquityPoint]
    worth: dict[date, Decimal]

    def expected(self, day: date) -> bool:
        return self.since <= day and not (self.over and day > max(self.worth, default=date.min))


def history(
    pasts: Mapping[AccountId, Past],
    sessions: Sequence[Session],
    since: date,
    ended: frozenset[AccountId],
    rates: Rates,
    base: str,
) -> History:
    """Accounts added up by day from `since` on; an account is expected from its first point on.

    Those in `ended` are expected up to their last point only. `sessions` begin some days earlier.
    """
    used: dict[str, Rate] = {}
    known: dict[AccountId, _Known] = {}
    left_out = []
    for account, past in pasts.items():
        if past.first is None:
            continue
        dailies = daily(past.points, sessions)
        worth = {day: _based(point, rates, base, used) for day, point in dailies.items()}
        if None in worth.values():
            left_out.append(account)
            continue
        known[account] = _Known(
            since=past.first.day or _day(past.first.at, sessions) or date.max,
            over=account in ended,
            dailies=dailies,
            worth={day: value for day, value in worth.items() if value is not None},
        )
    return History(
        base=base,
        days=tuple(_added(each.day, known) for each in sessions if each.day >= since),
        rates=tuple(used[currency] for currency in sorted(used)),
        left_out=tuple(sorted(left_out)),
    )


def _based(point: EquityPoint, rates: Rates, base: str, used: dict[str, Rate]) -> Decimal | None:
    rate = rates.rate(point.currency, base)
    if rate is None:
        return None
    if point.currency != base:
        used[point.currency] = rate
    return finest(times(point.equity, rate.rate))


def _added(day: date, known: Mapping[AccountId, _Known]) -> HistoryDay:
    expected = {account: each for account, each in known.items() if each.expected(day)}
    missing = tuple(sorted(key for key, each in expected.items() if day not in each.worth))
    whole = bool(expected) and not missing
    return HistoryDay(
        day=day,
        value=total([each.worth[day] for each in expected.values()]) if whole else None,
        as_of=min(each.dailies[day].at for each in expected.values()) if whole else None,
        missing=missing,
    )
