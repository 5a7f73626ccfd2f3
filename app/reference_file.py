"""The ECB's daily rates, from a file that somebody else keeps current."""

import logging
from pathlib import Path

from domain.rates import Money, ReferenceRates, reference_rates

log = logging.getLogger(__name__)

_LARGEST = 1_000_000


class ReferenceFile:
    """Read again whenever it is another one; while it cannot be read, there are no such rates."""

    def __init__(self, path: Path | None, dollar_coins: frozenset[str] = frozenset()) -> None:
        self._path, self._dollar_coins = path, dollar_coins
        self._seen: tuple[int, int] | None = None
        self._money = Money(dollar_coins=dollar_coins)

    def money(self) -> Money:
        """What is known of currencies now."""
        if self._path is None:
            return self._money
        seen = _stamp(self._path)
        if seen != self._seen:
            self._seen = seen
            rates = _rates(self._path) if seen else None
            if rates is None:
                log.warning("there are no reference rates in %s", self._path.name)
            self._money = Money(reference=rates, dollar_coins=self._dollar_coins)
        return self._money


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _rates(path: Path) -> ReferenceRates | None:
    try:
        with path.open(encoding="utf-8") as file:
            return reference_rates(file.read(_LARGEST))
    except (OSError, ValueError):
        return None
