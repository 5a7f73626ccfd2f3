"""A server under load: one trial of a rate, and the highest that it holds."""

import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.search import Trial, highest
from bench.servers import Server, cost
from bench.sockets import Fleet, until

LEAD = 0.05
PRIME_RATE = 200.0
PRIME_TIMES = 20
DRAIN_WITHIN = 0.3
QUIET_WITHIN = 15.0
# A server that falls behind may take so many times as long as it should before it is given up.
PATIENCE = 4.0


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed; infinite if there is none."""
    if not values:
        return float("inf")
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


# Has so many events published at a rate, the first due so many microseconds after 1970; gives when
# each was made, where that is not when it was due (see Fleet.latencies).
Source = Callable[[float, int, int], Awaitable[Mapping[str, float]]]


def source(asked: Server, name: str, **words: object) -> Source:
    """What a server publishes when it is asked for `name`, with further words of its own."""

    async def publish(rate: float, count: int, start: int) -> Mapping[str, float]:
        order = {"rate": rate, "count": count, "start": start, **words}
        answer = await asked.ask(10 + PATIENCE * count / rate, **{name: order})
        made: Mapping[str, float] = answer.get("made", {})
        return made

    return publish


def soon() -> int:
    """A moment at which nobody is late yet, in microseconds after 1970."""
    return int((time.time() + LEAD) * 1_000_000)


class Rig:
    """A server, the fleet that listens to it, and what makes it talk."""

    def __init__(
        self, server: Server, listeners: Fleet, publish: Source, *, users: int, seconds: float
    ) -> None:
        self._server, self._fleet, self._publish = server, listeners, publish
        self._users, self._seconds = users, seconds
        self._sockets = len(listeners.subscribers)
        # Rows a second in the best trial, however late they were.
        self.most = 0.0

    async def prime(self) -> None:
        """Publish until every socket has had a row, for a subscription is not acknowledged."""
        for _ in range(PRIME_TIMES):
            await self._publish(PRIME_RATE, self._users, soon())
            if await until(lambda: all(each.rows for each in self._fleet.subscribers), 0.5):
                return
            self._fleet.check()
        raise TimeoutError("some sockets never had a row")

    async def trial(self, rate: float) -> Trial:
        """Offer `rate` rows a second, counted over all sockets."""
        marks = rate * self._users / self._sockets
        count = max(1, int(marks * self._seconds))
        offered = count * self._sockets // self._users
        self._fleet.reset()
        before, ours, began = self._server.cost(), cost(os.getpid()), time.monotonic()
        made = await self._publish(marks, count, soon())
        await until(lambda: self._fleet.rows >= offered, DRAIN_WITHIN)
        took, after, ours_after = time.monotonic() - began, self._server.cost(), cost(os.getpid())
        self._fleet.check()
        self.most = max(self.most, self._fleet.rows / took)
        latencies = self._fleet.latencies(made)
        trial = Trial(
            rate=rate,
            offered=offered,
            delivered=self._fleet.rows,
            frames=self._fleet.frames,
            p50=percentile(latencies, 0.50),
            p99=percentile(latencies, 0.99),
            cost=(after.cpu - before.cpu) * 1_000_000 / max(1, self._fleet.rows),
            server_cpu=(after.cpu - before.cpu) / took,
            client_cpu=(ours_after.cpu - ours.cpu) / took,
        )
        await self._quiet()
        return trial

    async def _quiet(self) -> None:
        """Wait until nothing more arrives, so that the next trial starts with empty queues."""
        end = time.monotonic() + QUIET_WITHIN
        rows = -1
        while rows != self._fleet.rows and time.monotonic() < end:
            rows = self._fleet.rows
            await until(lambda: False, 0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The trial at the highest rate held and the one at half of it, None if nothing was held.

    `most` is rows a second in the best trial, however late they came.
    """

    best: Trial | None
    half: Trial | None
    most: float


async def highest_held(rig: Rig, guess: float) -> Held:
    """What a server holds, sought from a guess."""
    await rig.prime()
    best = await highest(rig.trial, guess)
    half = await rig.trial(best.rate / 2) if best else None
    return Held(best=best, half=half, most=rig.most)
