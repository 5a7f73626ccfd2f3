"""How much a user may ask: points that flow back over time, the same by HTTP and by socket.

A point is one resolved field, about 10 µs of a core.
"""

import math
from dataclasses import dataclass

from domain.clock import Clock
from domain.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """At most `capacity` points at once, `restored` points a second."""

    capacity: int = 100_000
    restored: int = 10_000


class Allowance:
    """The points of one user."""

    def __init__(self, flow: Flow, clock: Clock) -> None:
        self.flow, self._clock = flow, clock
        self._left, self._at = float(flow.capacity), clock.monotonic()

    @property
    def left(self) -> int:
        """Points that can be spent now; below zero after a debt."""
        now = self._clock.monotonic()
        gained = (now - self._at) * self.flow.restored
        self._left, self._at = min(float(self.flow.capacity), self._left + gained), now
        return math.floor(self._left)

    def spend(self, points: int) -> bool:
        """Take the points if they are there."""
        if points > self.left:
            return False
        self._left -= points
        return True

    def owe(self, points: int) -> None:
        """Take the points although they may not be there: the work is done already."""
        self._left = self.left - points

    def wait(self, points: int) -> int:
        """Whole seconds until so many points are there."""
        return max(1, math.ceil((points - self.left) / self.flow.restored))


class Allowances:
    """One allowance a user; those that have filled up again are forgotten."""

    def __init__(self, clock: Clock, flow: Flow | None = None) -> None:
        self._clock, self._flow = clock, flow or Flow()
        self._of: dict[UserId, Allowance] = {}
        self._sweep_at = 1024

    def of(self, user: UserId) -> Allowance:
        """The user's allowance, whichever way the request came in."""
        if len(self._of) >= self._sweep_at:
            self._sweep()
        return self._of.setdefault(user, Allowance(self._flow, self._clock))

    def _sweep(self) -> None:
        self._of = {u: a for u, a in self._of.items() if a.left < self._flow.capacity}
        self._sweep_at = max(1024, 2 * len(self._of))
