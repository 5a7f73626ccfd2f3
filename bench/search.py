"""The highest rate that a server holds, found by few trials."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

HELD_SHARE = 0.95
HELD_P99 = 0.100

GROWTH = 1.6
HALVINGS = 3
MOST_TRIALS = 20
# A neighbour on the machine can spoil a trial, but nothing makes a server faster than it is.
CHANCES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of offering `rate` rows a second for a while; times in seconds, CPU in cores.

    `cost` is the server's microseconds for each row: the one figure that neighbours hardly change.
    """

    rate: float
    offered: int
    delivered: int
    frames: int
    p50: float
    p99: float
    cost: float
    server_cpu: float
    client_cpu: float

    @property
    def held(self) -> bool:
        """Whether nearly all arrived, and nearly all of it soon."""
        return self.delivered >= HELD_SHARE * self.offered and self.p99 < HELD_P99


Try = Callable[[float], Awaitable[Trial]]


async def highest(attempt: Try, guess: float) -> Trial | None:
    """The trial at the highest rate held: grow or shrink from a guess, then halve the gap.

    None if nothing was held at all within the bounded number of trials.
    """
    best: Trial | None = None
    ceiling: float | None = None
    rate = guess
    for _ in range(MOST_TRIALS):
        trial = await _chances(attempt, rate)
        if trial.held:
            best = trial
        else:
            ceiling = rate
        if best is not None and ceiling is not None:
            return await _narrow(attempt, best, ceiling)
        rate = rate * GROWTH if trial.held else rate / GROWTH
    return best


async def _narrow(attempt: Try, best: Trial, ceiling: float) -> Trial:
    for _ in range(HALVINGS):
        rate = (best.rate * ceiling) ** 0.5
        trial = await _chances(attempt, rate)
        if trial.held:
            best = trial
        else:
            ceiling = rate
    return best


async def _chances(attempt: Try, rate: float) -> Trial:
    for _ in range(CHANCES):
        trial = await attempt(rate)
        if trial.held:
            break
    return trial
