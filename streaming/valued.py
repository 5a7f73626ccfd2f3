"""Holdings at the latest prices, for those who ask: what has not moved is not priced again."""

from dataclasses import dataclass, field
from operator import is_
from typing import Any
from weakref import WeakKeyDictionary

from domain.changes import HoldingChange
from domain.holding import Mark, Position, value
from domain.ids import ConnectionId, InstrumentId
from store.page import Page
from store.standing import Standing
from streaming.marks import Marks, newer

# So many pages of a standing are kept as they were told.
_MOST_PAGES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldPosition(Position):
    """A position with what was written of it: `written` goes when the price or holding does."""

    written: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldPage(Page[Position]):
    """A page with what was written of it, for as long as none of its positions is another."""

    written: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(slots=True)
class _Known:
    """What was told of a standing: its positions by holding, its pages by page of holdings."""

    priced: "dict[int, _Priced]" = field(default_factory=dict)
    pages: dict[int, tuple[Page[HoldingChange], ToldPage]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _Priced:
    """A holding, where its price comes from, and what it was worth when it was last asked for."""

    held: HoldingChange
    connection: ConnectionId | None
    instrument: InstrumentId
    stored: Mark | None
    live: Mark | None
    position: ToldPosition


class Valued:
    """Forgets a standing when nobody keeps it any more."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._known: WeakKeyDictionary[Standing, _Known] = WeakKeyDictionary()

    def page(self, standing: Standing, held: Page[HoldingChange]) -> Page[Position]:
        """A page of a standing, at the latest marks of the connections that own its accounts."""
        known = self._known.get(standing)
        if known is None:
            known = self._known[standing] = _Known()
        now = [self._position(known.priced, standing, each) for each in held.items]
        before = known.pages.get(id(held))
        if before is not None and before[0] is held and all(map(is_, before[1].items, now)):
            return before[1]
        told = ToldPage(items=tuple(now), cursors=held.cursors, has_next=held.has_next)
        known.pages[id(held)] = (held, told)
        if len(known.pages) > _MOST_PAGES:
            del known.pages[next(iter(known.pages))]
        return told

    def position(self, standing: Standing, held: HoldingChange) -> Position:
        """The same for one that the standing need not have: it may be sold out."""
        return self._position({}, standing, held)

    def _position(
        self, known: dict[int, _Priced], standing: Standing, held: HoldingChange
    ) -> Position:
        priced = known.get(id(held))
        if priced is None or priced.held is not held:
            priced = known[id(held)] = self._begin(standing, held)
        if priced.connection is not None:
            live = self._marks.of(priced.connection, priced.instrument)
            if live is not priced.live:
                priced.live = live
                priced.position = _at(held, priced.stored, live)
        return priced.position

    def _begin(self, standing: Standing, held: HoldingChange) -> _Priced:
        account = standing.accounts.get(held.account_id)
        connection = None if account is None else account.connection_id
        instrument = held.holding.instrument.id
        stored = None if connection is None else standing.marks.get(connection, {}).get(instrument)
        return _Priced(
            held=held,
            connection=connection,
            instrument=instrument,
            stored=stored,
            live=None,
            position=_at(held, stored, None),
        )


def _at(held: HoldingChange, stored: Mark | None, live: Mark | None) -> ToldPosition:
    mark = newer(stored, live) if stored and live else live or stored
    return ToldPosition(
        account_id=held.account_id, holding=held.holding, valuation=value(held.holding, mark)
    )
