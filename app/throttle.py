"""Slowing down those who guess passwords, without locking out the one whose password it is."""

from collections import OrderedDict
from collections.abc import Hashable

from domain.addresses import neighbourhood
from domain.clock import Clock


class Throttle:
    """So many failures at once by each key, then one more every so many seconds.

    Keys are forgotten oldest first, so that a flood of them costs bounded memory.
    """

    def __init__(
        self, clock: Clock, *, burst: int, seconds_each: float, keys: int = 10_000
    ) -> None:
        self._clock, self._burst, self._each, self._keys = clock, burst, seconds_each, keys
        # When each key would be forgiven everything, in monotonic seconds.
        self._forgiven: OrderedDict[Hashable, float] = OrderedDict()

    def wait(self, key: Hashable) -> float:
        """Seconds until this key may try again; zero if it may now."""
        owed = self._forgiven.get(key, 0.0) - self._clock.monotonic()
        return max(0.0, owed - (self._burst - 1) * self._each)

    def failed(self, key: Hashable) -> None:
        """Count one failure."""
        since = max(self._clock.monotonic(), self._forgiven.get(key, 0.0))
        self._forgiven[key] = since + self._each
        self._forgiven.move_to_end(key)
        while len(self._forgiven) > self._keys:
            self._forgiven.popitem(last=False)

    def take_back(self, key: Hashable) -> None:
        """One failure less."""
        if key in self._forgiven:
            self._forgiven[key] -= self._each

    def forgive(self, key: Hashable) -> None:
        """No failures any more."""
        self._forgiven.pop(key, None)


class Attempts:
    """Who may try to sign in: by name and address together, and by address alone.

    Never by name alone, or anybody could keep its owner out by guessing from elsewhere.
    """

    def __init__(self, clock: Clock) -> None:
        self._pair = Throttle(clock, burst=5, seconds_each=30.0)
        self._address = Throttle(clock, burst=20, seconds_each=10.0)

    def wait(self, name: str, address: str) -> float:
        """Seconds until this address may try this name again; zero if it may now."""
        place = neighbourhood(address)
        return max(self._pair.wait((name, place)), self._address.wait(place))

    def failed(self, name: str, address: str) -> None:
        """Count a wrong password."""
        place = neighbourhood(address)
        self._pair.failed((name, place))
        self._address.failed(place)

    def succeeded(self, name: str, address: str) -> None:
        """The last one counted was right: its name starts afresh here, the address is as before."""
        place = neighbourhood(address)
        self._pair.forgive((name, place))
        self._address.take_back(place)
