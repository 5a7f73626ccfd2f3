"""A doorbell between processes: it says that a user's journal grew, never what happened."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from broadcaster import Broadcast
from redis.exceptions import RedisError

from domain.ids import UserId

logger = logging.getLogger(__name__)

_CHANNEL = "brokergraph"
# KeyError is how a failed subscription ends in broadcaster 0.3.1.
_FAILURES = (RedisError, OSError, TimeoutError, KeyError)

Heard = Callable[[UserId, int], None]


class Bus:
    """One channel, subscribed once a process, dropped and opened anew whenever it falls silent.

    broadcaster 0.3.1 goes deaf without a word when its connection dies and its queues have no
    bound, so every process hears its own beat, and losing the bus costs nothing but latency.
    """

    def __init__(self, url: str, *, beat_every: float = 5.0) -> None:
        self._url, self._beat_every = url, beat_every
        self._due: dict[UserId, int] = {}
        self._stir = asyncio.Event()
        self._lost = False

    def ring(self, user: UserId, revision: int) -> None:
        """Tell the other processes that this user's journal has come so far; never waits."""
        self._due[user] = revision
        self._stir.set()

    @asynccontextmanager
    async def listening(self, heard: Heard) -> AsyncIterator[None]:
        """While inside, send what is rung and call `heard` for what others ring."""
        supervisor = asyncio.create_task(self._supervise(heard), name="bus")
        try:
            yield
        finally:
            supervisor.cancel()
            await asyncio.wait([supervisor])

    async def _supervise(self, heard: Heard) -> None:
        while True:
            try:
                await self._connected(heard)
            except* _FAILURES as failures:
                self._note_loss(failures)
            await asyncio.sleep(self._beat_every)

    async def _connected(self, heard: Heard) -> None:
        broadcast = Broadcast(self._url)
        try:
            await broadcast.connect()
        except _FAILURES:
            # It has started a task by now that only its backend can end.
            await broadcast._backend.disconnect()  # noqa: SLF001
            raise
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear(broadcast, heard))
                tasks.create_task(self._send(broadcast))
        finally:
            await broadcast.disconnect()

    async def _hear(self, broadcast: Broadcast, heard: Heard) -> None:
        async with broadcast.subscribe(_CHANNEL) as messages:
            while True:
                async with asyncio.timeout(3 * self._beat_every):
                    message = await messages.get()
                self._note_return()
                for user, revision in _decoded(message.message):
                    heard(user, revision)

    async def _send(self, broadcast: Broadcast) -> None:
        while True:
            due, self._due = self._due, {}
            await broadcast.publish(_CHANNEL, _encoded(due))
            await self._rung()

    async def _rung(self) -> None:
        """Return once rung, or when the next beat is due."""
        try:
            async with asyncio.timeout(self._beat_every):
                await self._stir.wait()
        except TimeoutError:
            pass
        self._stir.clear()

    def _note_loss(self, failures: BaseExceptionGroup[Exception]) -> None:
        if not self._lost:
            kinds = ", ".join(sorted({type(failure).__name__ for failure in failures.exceptions}))
            logger.warning("The bus is lost, other processes are heard a second late: %s", kinds)
        self._lost = True

    def _note_return(self) -> None:
        if self._lost:
            logger.info("The bus is back")
        self._lost = False


def _encoded(due: dict[UserId, int]) -> str:
    """A line for each user; none at all is a beat."""
    return "\n".join(f"{revision} {user}" for user, revision in due.items())


def _decoded(message: str) -> list[tuple[UserId, int]]:
    """What a message tells; lines that are not ours are passed over."""
    pairs = (line.partition(" ") for line in message.splitlines())
    return [
        (UserId(user), int(number))
        for number, _, user in pairs
        if user and number.isascii() and number.isdigit()
    ]
