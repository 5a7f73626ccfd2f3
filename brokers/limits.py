"""How fast a broker may be called: by the whole app, by a user, by a connection."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.capabilities import Rate
from domain.clock import Clock
from domain.errors import RateLimited
from domain.ids import ConnectionId, UserId


class Purpose(StrEnum):
    """What a call is for; it decides who may make it and who goes first."""

    READ = "READ"
    TRADE = "TRADE"
    CANCEL = "CANCEL"
    SESSION = "SESSION"


# What has to be left in a bucket for a call to be let through: reads leave room for orders,
# orders leave room for cancels.
_SHARE_LEFT: Mapping[Purpose, float] = {
    Purpose.READ: 0.2,
    Purpose.SESSION: 0.2,
    Purpose.TRADE: 0.05,
    Purpose.CANCEL: 0.0,
}

# A quarter at once, the rest spread out: no window ever sees more than the broker allows.
_AT_ONCE = 0.25
_SLACK = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a broker says is left of its limit, until `resets_at`."""

    remaining: int
    resets_at: datetime | None


class TooSoon(RateLimited):
    """We did not send it, as the limit is used up; waiting has been tried."""


class Bucket:
    """Tokens that come back with time; `rate.calls` in any `rate.per` is the most it gives."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._clock = clock
        self._capacity = max(1.0, rate.calls * _AT_ONCE)
        self._per_second = (rate.calls - self._capacity) / rate.per.total_seconds()
        self._tokens, self._at, self._shut_until = self._capacity, clock.monotonic(), 0.0

    def wait(self, purpose: Purpose) -> float:
        """Seconds until a call of this purpose may leave; 0 is now."""
        self._refill()
        short = 1 + self._capacity * _SHARE_LEFT[purpose] - self._tokens
        if self._capacity == 1:  # too small to keep a share of
            short = 1 - self._tokens
        pause = self._shut_until - self._clock.monotonic()
        return max(0.0, pause, short / self._per_second if short > _SLACK else 0.0)

    def take(self) -> None:
        """Use up one call."""
        self._tokens -= 1

    def learn(self, allowance: Allowance) -> None:
        """Believe the broker where it allows less than we thought."""
        self._refill()
        self._tokens = min(self._tokens, float(allowance.remaining))
        if allowance.remaining == 0 and allowance.resets_at is not None:
            self.shut((allowance.resets_at - self._clock.now()).total_seconds())

    def shut(self, seconds: float) -> None:
        """Let nothing through for so long."""
        self._shut_until = max(self._shut_until, self._clock.monotonic() + seconds)

    def _refill(self) -> None:
        now = self._clock.monotonic()
        self._tokens = min(self._capacity, self._tokens + (now - self._at) * self._per_second)
        self._at = now


class Limits:
    """The buckets of one broker, shared by all its lines in this process.

    A caller waits for its connection's bucket and its user's before the app's, so that one who
    loops queues behind himself alone.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        connection: Rate,
        user: Rate | None = None,
        app: Rate | None = None,
        patience: float = 10.0,
    ) -> None:
        self._clock, self._patience = clock, patience
        self._connection_rate, self._user_rate = connection, user
        self._connections: dict[ConnectionId, Bucket] = {}
        self._users: dict[UserId, Bucket] = {}
        self._app = None if app is None else Bucket(app, clock)

    async def admit(self, user: UserId, connection: ConnectionId, purpose: Purpose) -> None:
        """Wait for a turn and take it; TooSoon at once if that would outlast our patience."""
        await self.ready(user, connection, purpose)
        for bucket in self._buckets(user, connection):
            bucket.take()

    async def ready(self, user: UserId, connection: ConnectionId, purpose: Purpose) -> None:
        """Wait until there is a turn, without taking it: for what must not wait once it began."""
        buckets = self._buckets(user, connection)
        deadline = self._clock.monotonic() + self._patience
        while wait := max(bucket.wait(purpose) for bucket in buckets):
            if self._clock.monotonic() + wait > deadline:
                raise TooSoon("too many calls to this broker; try later", retry_after=wait)
            await self._clock.sleep(wait)

    def learn(self, connection: ConnectionId, allowance: Allowance) -> None:
        """Take the broker's own count of a connection's calls over ours."""
        self._bucket(connection).learn(allowance)

    def shut(self, connection: ConnectionId, seconds: float) -> None:
        """Let nothing of a connection through for so long, as the broker asked."""
        self._bucket(connection).shut(seconds)

    def _buckets(self, user: UserId, connection: ConnectionId) -> list[Bucket]:
        own = [self._bucket(connection)]
        if self._user_rate is not None:
            own.append(self._users.setdefault(user, Bucket(self._user_rate, self._clock)))
        return own if self._app is None else [*own, self._app]

    def _bucket(self, connection: ConnectionId) -> Bucket:
        if connection not in self._connections:
            self._connections[connection] = Bucket(self._connection_rate, self._clock)
        return self._connections[connection]
