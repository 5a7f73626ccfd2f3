"""All open sockets: how many there may be, and which a revocation ends."""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from domain.addresses import neighbourhood
from domain.ids import UserId
from graph.context import Services
from graph.protocol import Close, Violation

if TYPE_CHECKING:
    from graph.socket import Socket

logger = logging.getLogger(__name__)


class Sockets:
    """One watch for revocations a user, for as long as the user has a socket open.

    `open` and `running` are for metrics: sockets, and operations on them.
    """

    def __init__(
        self,
        services: Services,
        *,
        most_per_user: int = 50,
        most_waiting: int = 1_000,
        most: int = 10_000,
    ) -> None:
        self._services, self._most_per_user, self._most = services, most_per_user, most
        self._most_waiting = most_waiting
        self._waiting: Counter[str] = Counter()
        self._of: defaultdict[UserId, set[Socket]] = defaultdict(set)
        self._watches: dict[UserId, asyncio.Task[None]] = {}
        self._unending: set[asyncio.Task[object]] = set()
        self.open = 0
        self.running = 0

    @property
    def full(self) -> bool:
        """Whether this process has more than it should take."""
        return self.open > self._most

    @contextmanager
    def waiting(self, address: str) -> Iterator[None]:
        """While nobody has signed in on it: of those one address has only so many."""
        place = neighbourhood(address)
        if self._waiting[place] >= self._most_waiting:
            raise Violation(Close.TRY_AGAIN_LATER, "too many sockets of this address")
        self._waiting[place] += 1
        try:
            yield
        finally:
            self._waiting[place] -= 1
            if not self._waiting[place]:
                del self._waiting[place]

    async def join(self, user: UserId, socket: "Socket") -> None:
        """From the return on, what ends the user's sign-in ends this socket.

        Whether it has ended before must be looked up after this.
        """
        if len(self._of[user]) >= self._most_per_user:
            raise Violation(Close.TRY_AGAIN_LATER, "too many sockets of this user")
        self._of[user].add(socket)
        if user not in self._watches:
            head = await self._services.journal.head(user)
            # Another socket of the user may have come first while we waited.
            if user not in self._watches and user in self._of:
                watching = asyncio.create_task(self._watch(user, head.revision))
                self._watches[user] = watching

    def leave(self, user: UserId, socket: "Socket") -> None:
        """The last one out ends the watch."""
        self._of[user].discard(socket)
        if not self._of[user]:
            del self._of[user]
            if watching := self._watches.pop(user, None):
                watching.cancel()

    def keep(self, task: asyncio.Task[object]) -> None:
        """Let a task end in its own time, although who asked for it is gone."""
        self._unending.add(task)
        task.add_done_callback(self._unending.discard)

    async def aclose(self) -> None:
        """Wait for what must not be interrupted."""
        if self._unending:
            await asyncio.wait(self._unending)

    async def _watch(self, user: UserId, revision: int) -> None:
        try:
            async for ended in self._services.views.revocations(user, after=revision):
                for socket in tuple(self._of.get(user, ())):
                    if ended.subject in {None, socket.subject}:
                        socket.end(Close.FORBIDDEN, ended.reason)
        except Exception:
            # Sockets that nobody could end any more must not stay.
            logger.exception("Revocations cannot be watched")
            self._watches.pop(user, None)
            for socket in tuple(self._of.get(user, ())):
                socket.end(Close.TRY_AGAIN_LATER, "try again later")
