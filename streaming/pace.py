"""When a connection is looked at again."""

from datetime import datetime, time, timedelta
from math import inf
from zoneinfo import ZoneInfo

from brokers.market_hours import is_open, next_open
from domain.capabilities import Capabilities, Pushed
from domain.instrument import AssetClass

# What a stream tells is followed by a look, but not by one for each of its words.
SHORTEST = 1.0
_USUAL_PENALTY = 60.0
_NEW_YORK, _CLOSE, _WEEKEND = ZoneInfo("America/New_York"), time(16, 0, 1), (5, 6)
_FIRST_RETRY, _LONGEST_RETRY = 1.0, 60.0


class Pace:
    """Syncs at fixed times; polls in between while the streams do not tell everything.

    A broker of market hours is left alone in all others, unless the user chose how often to sync.
    All moments are in seconds of a monotonic clock.
    """

    def __init__(self, capabilities: Capabilities, sync_every: timedelta | None, start: float):
        self._capabilities = capabilities
        self._sync_every = (sync_every or capabilities.sync_every).total_seconds()
        self._rests = capabilities.market_hours_only and sync_every is None
        self._sync_at, self._looked_at, self._penalty_until = start, -inf, -inf
        self.streaming, self.pricing, self.reading = False, True, True
        self.open_orders = False

    def looking(self, at: float) -> bool:
        """A look begins; whether it is to be a sync."""
        self._looked_at = at
        return at >= self._sync_at

    def synced(self, at: float) -> None:
        """A sync went well: the next is due at its fixed time, whenever this one was."""
        while self._sync_at <= at:
            self._sync_at += self._sync_every

    def penalize(self, at: float, seconds: float | None) -> None:
        """The broker wants to be left alone for so long, None if it did not say."""
        self._penalty_until = at + (_USUAL_PENALTY if seconds is None else seconds)

    def wait(self, at: float, now: datetime) -> float:
        """Seconds until the next look if nobody asks for one."""
        due = max(min(self._due(), self._close(at, now)), self._penalty_until)
        if self._rests and self.reading and not is_open(AssetClass.EQUITY, now):
            due = max(due, self._while_closed(at, now))
        return max(0.0, due - at)

    def _while_closed(self, at: float, now: datetime) -> float:
        """The opening; with an order open, which may fill outside the session, the usual pace."""
        opens = at + (next_open(AssetClass.EQUITY, now) - now).total_seconds()
        usual = self._looked_at + self._capabilities.poll_every.total_seconds()
        return min(opens, usual) if self.open_orders else opens

    def wait_asked(self, at: float) -> float:
        """Seconds until the next look if somebody does."""
        return max(0.0, max(self._looked_at + SHORTEST, self._penalty_until) - at)

    def _due(self) -> float:
        poll_at = self._looked_at + self._poll_every()
        return min(self._sync_at, poll_at) if self.reading else poll_at

    def _close(self, at: float, now: datetime) -> float:
        """When the market closes next, so that what things are worth then is seen."""
        return at + (next_close(now) - now).total_seconds() if self.reading else inf

    def _poll_every(self) -> float:
        capabilities = self._capabilities
        if not self.streaming and self.open_orders:
            return capabilities.poll_open_every.total_seconds()
        pushed = {Pushed.ORDERS, Pushed.MARKS} <= capabilities.pushes
        told = self.streaming and self.pricing and self.reading and pushed
        return inf if told else capabilities.poll_every.total_seconds()


def last_close(now: datetime) -> datetime:
    """When New York usually closed last, holidays and short days unregarded."""
    closed = _closes(now)
    while closed > now or closed.weekday() in _WEEKEND:
        closed -= timedelta(days=1)
    return closed


def next_close(now: datetime) -> datetime:
    """When New York usually closes next."""
    closes = _closes(now)
    while closes <= now or closes.weekday() in _WEEKEND:
        closes += timedelta(days=1)
    return closes


def _closes(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(_NEW_YORK).date(), _CLOSE, _NEW_YORK)


def is_long(held: float) -> bool:
    """Whether a stream held for so long that its loss is not one in a row."""
    return held > _LONGEST_RETRY


def retry_after(attempt: int, spread: float) -> float:
    """Seconds before a stream is opened again: 1 doubling to 60, up to a tenth more by `spread`.

    `spread` from 0 to 1 differs between connections, so that they do not all come back at once.
    """
    doubled = min(_LONGEST_RETRY, _FIRST_RETRY * 2.0 ** min(attempt, 6))
    return doubled * (1 + spread / 10)
