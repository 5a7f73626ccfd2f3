"""Who is woken by live values when there are many: a few in each turn of the event loop."""

import asyncio
from collections import OrderedDict
from typing import Protocol

# About a millisecond of work.
_FEW = 16


class Sleeper(Protocol):
    """Some who watch the same."""

    def wake_live(self) -> int:
        """Wake those who sleep; how many they were."""
        ...


class Turns:
    """First come, first woken; who waits already does not wait twice.

    An order, a request or the next price that comes meanwhile waits for a few and not for all; who
    is woken later is told more in one frame.
    """

    def __init__(self, few: int = _FEW) -> None:
        self._few = few
        self._due: OrderedDict[Sleeper, None] = OrderedDict()
        self._called = False

    def add(self, sleeper: Sleeper) -> None:
        """Have them woken, in the next turn or as soon as it is theirs."""
        self._due[sleeper] = None
        self._call()

    def _call(self) -> None:
        if not self._called:
            self._called = True
            asyncio.get_running_loop().call_soon(self._wake)

    def _wake(self) -> None:
        self._called = False
        woken = 0
        while self._due and woken < self._few:
            sleeper, _ = self._due.popitem(last=False)
            woken += sleeper.wake_live()
        if self._due:
            self._call()
