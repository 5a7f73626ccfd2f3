"""Marks to sockets: one trial of a rate, and the highest that a server holds."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.search import Trial, highest
from bench.servers import Server, cost, running
from bench.sockets import Fleet, fleet, until
from bench.workload import document

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


class Fanout:
    """A server and the fleet that listens to it."""

    def __init__(self, server: Server, listeners: Fleet, users: int, seconds: float) -> None:
        self._server, self._fleet = server, listeners
        self._users, self._seconds = users, seconds
        self._sockets = len(listeners.subscribers)
        # Rows a second in the best trial, however late they were.
        self.most = 0.0

    async def prime(self) -> None:
        """Publish until every socket has had a row, for a subscription is not acknowledged."""
        for _ in range(PRIME_TIMES):
            await self._publish(PRIME_RATE, self._users)
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
        await self._publish(marks, count)
        await until(lambda: self._fleet.rows >= offered, DRAIN_WITHIN)
        took, after, ours_after = time.monotonic() - began, self._server.cost(), cost(os.getpid())
        self._fleet.check()
        self.most = max(self.most, self._fleet.rows / took)
        latencies = self._fleet.latencies()
        trial = Trial(
            rate=rate,
            offered=offered,
            delivered=self._fleet.rows,
            frames=self._fleet.frames,
            p50=percentile(latencies, 0.50),
            p99=percentile(latencies, 0.99),
            server_cpu=(after.cpu - before.cpu) / took,
            client_cpu=(ours_after.cpu - ours.cpu) / took,
        )
        await self._quiet()
        return trial

    async def _publish(self, rate: float, count: int) -> None:
        start = int((time.time() + LEAD) * 1_000_000)
        within = 10 + PATIENCE * count / rate
        marks = {"rate": rate, "count": count, "start": start}
        await self._server.ask(within, marks=marks)

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


async def highest_held(
    name: str, *, sockets: int, users: int, positions: int, guess: float, seconds: float
) -> Held:
    """What a server holds, sought from a guess."""
    async with (
        running(name, "--users", str(users), "--positions", str(positions)) as server,
        fleet(server, document("subscription"), sockets, users) as listeners,
    ):
        fanout = Fanout(server, listeners, users, seconds)
        await fanout.prime()
        best = await highest(fanout.trial, guess)
        half = await fanout.trial(best.rate / 2) if best else None
        return Held(best=best, half=half, most=fanout.most)
