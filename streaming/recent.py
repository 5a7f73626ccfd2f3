"""What a process remembers of a user whom somebody watches."""

from collections import deque
from collections.abc import Hashable, Iterable
from itertools import islice

from domain.changes import AccountFigures, Change, Fresh, Live
from domain.holding import Mark
from domain.ids import ConnectionId
from streaming.watch import Watch


class Recent:
    """The newest changes, bounded and without a gap; the latest of all that is not journalled.

    `head` is the newest revision known to exist, None before anything is known; `stirs` counts
    how often that was news.
    """

    def __init__(self, kept: int) -> None:
        self.head: int | None = None
        self.version = 0
        self.stirs = 0
        self._changes: deque[Change] = deque(maxlen=kept)
        self._live: dict[Hashable, tuple[int, Live]] = {}
        self._watches: set[Watch] = set()
        self._asleep: dict[bool, set[Watch]] = {True: set(), False: set()}

    def join(self, *, live: bool) -> Watch:
        """A watch that is woken from now on."""
        watch = Watch(self._asleep[live], live=live)
        self._watches.add(watch)
        return watch

    def leave(self, watch: Watch) -> bool:
        """Wake it no longer; whether nobody is left."""
        self._watches.remove(watch)
        watch.asleep.discard(watch)
        return not self._watches

    @property
    def watched_live(self) -> bool:
        """Whether anybody wants what is not journalled."""
        return any(watch.live for watch in self._watches)

    def take(self, changes: Iterable[Change]) -> None:
        """Keep what continues the newest change that is kept; behind a gap it begins anew."""
        for change in changes:
            newest = self._changes[-1].revision if self._changes else 0
            if change.revision <= newest:
                continue
            if change.revision != newest + 1:
                self._changes.clear()
            self._changes.append(change)
        if self._changes:
            self.learn(self._changes[-1].revision)

    def learn(self, head: int) -> None:
        """The journal is known to reach this far; wakes everybody if that is news."""
        if self.head is None or head > self.head:
            self.head = head
            self.stirs += 1
            self._wake(self._asleep[True])
            self._wake(self._asleep[False])

    def after(self, revision: int) -> tuple[Change, ...] | None:
        """What followed a revision, or None if only the journal can tell."""
        if self.head is None:
            return None
        if revision >= self.head:
            return ()
        changes = self._changes
        if not changes or not changes[0].revision <= revision + 1 <= changes[-1].revision:
            return None
        newest_first = islice(reversed(changes), changes[-1].revision - revision)
        return tuple(newest_first)[::-1]

    def show(self, live: Live, connection: ConnectionId) -> bool:
        """Put the latest in the place of what it supersedes; whether anybody is to be woken."""
        key = _key(live, connection)
        self._live.pop(key, None)
        self.version += 1
        self._live[key] = (self.version, live)
        return bool(self._asleep[True])

    def wake_live(self) -> int:
        """Wake who wants what is not journalled; how many they were."""
        woken = len(self._asleep[True])
        self._wake(self._asleep[True])
        return woken

    @staticmethod
    def _wake(asleep: set[Watch]) -> None:
        while asleep:
            asleep.pop().wake()

    def live_after(self, version: int) -> tuple[Live, ...]:
        """What was shown after a version, oldest first."""
        newest_first: list[Live] = []
        for shown, live in reversed(self._live.values()):
            if shown <= version:
                break
            newest_first.append(live)
        return tuple(newest_first[::-1])


def _key(live: Live, connection: ConnectionId) -> Hashable:
    match live:
        case Mark():
            return (connection, live.instrument_id)
        case AccountFigures():
            return live.account_id
        case Fresh():
            return connection
