"""The latest price of everything that a connection prices."""

from dataclasses import replace

from domain.holding import Mark
from domain.ids import ConnectionId, InstrumentId


class Marks:
    """In memory only; a mark prices the holdings of its own connection and no other's."""

    def __init__(self) -> None:
        self._marks: dict[ConnectionId, dict[InstrumentId, Mark]] = {}

    def set(self, connection: ConnectionId, mark: Mark) -> Mark | None:
        """Take a mark in; what now holds, or None if it told nothing new."""
        marks = self._marks.setdefault(connection, {})
        known = marks.get(mark.instrument_id)
        merged = mark if known is None else newer(known, mark)
        marks[mark.instrument_id] = merged
        return None if merged == known else merged

    def of(self, connection: ConnectionId, instrument: InstrumentId) -> Mark | None:
        """The latest mark, None if there was none yet."""
        return self._marks.get(connection, {}).get(instrument)

    def forget(self, connection: ConnectionId) -> None:
        """Let go of all marks of a connection that is no longer followed."""
        self._marks.pop(connection, None)


def newer(known: Mark, told: Mark) -> Mark:
    """The later price, with the previous close that was named last.

    Ticks bring no previous close, and the snapshots that do are mostly older than the last tick.
    """
    latest = told if told.as_of >= known.as_of else known
    close = told.previous_close if told.previous_close is not None else known.previous_close
    return latest if latest.previous_close == close else replace(latest, previous_close=close)
