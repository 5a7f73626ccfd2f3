"""The states that are watched live: what they begin with, and what is news to them."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from domain.account import Account
from domain.changes import AccountFigures, CashChange, Change, Fresh, HoldingChange, Live
from domain.connection import Connection
from domain.holding import Holding, Mark, Position, value
from domain.ids import AccountId, ConnectionId, InstrumentId
from store.journal import State
from streaming.frames import AccountFrame, PositionsFrame
from streaming.marks import Marks, newer

T_co = TypeVar("T_co", covariant=True)
Key = tuple[AccountId, InstrumentId]


class Projection(Protocol[T_co]):
    """A state in rows, told as a whole once and by its news from then on."""

    def whole(self) -> Sequence[T_co]:
        """What to begin with."""
        ...

    def news(self, changes: Iterable[Change], live: Iterable[Live]) -> Mapping[Hashable, Any]:
        """The rows that these make different, by what they are about."""
        ...

    def frames(self, rows: Sequence[Any]) -> Sequence[T_co]:
        """What tells these rows."""
        ...


@dataclass(slots=True, kw_only=True)
class _Held:
    """A holding, who prices it, the price when the state was read, and the row that tells it."""

    key: Key
    holding: Holding
    owner: ConnectionId | None
    stored: Mark | None
    row: Position | None = None


class Positions:
    """Holdings at the latest marks of the connections that own them."""

    def __init__(self, state: State, marks: Marks, now: Callable[[], datetime]) -> None:
        self._marks, self._now = marks, now
        self._stored = {
            (connection, mark.instrument_id): mark
            for connection, stored in state.marks.items()
            for mark in stored
        }
        self._owners = {account.id: account.connection_id for account in state.accounts}
        self._held: dict[Key, _Held] = {}
        self._of: defaultdict[InstrumentId, dict[Key, _Held]] = defaultdict(dict)
        for each in state.holdings:
            self._renewed(self._hold(each))

    def whole(self) -> Sequence[PositionsFrame]:
        """All positions, even if there are none."""
        return self.frames([each.row for each in self._held.values() if each.row is not None])

    def frames(self, rows: Sequence[Position]) -> Sequence[PositionsFrame]:
        """All in one."""
        gone = [
            (row.account_id, row.holding.instrument.id) for row in rows if not row.holding.quantity
        ]
        return (PositionsFrame(upserts=tuple(rows), removed=tuple(gone), as_of=self._now()),)

    def news(self, changes: Iterable[Change], live: Iterable[Live]) -> Mapping[Hashable, Any]:
        """The positions that changed or whose price did."""
        touched = {held.key: held for held in self._changed(changes)}
        for one in live:
            if isinstance(one, Mark):
                touched |= self._of.get(one.instrument_id, {})
        return {key: row for key, held in touched.items() if (row := self._renewed(held))}

    def _renewed(self, held: _Held) -> Position | None:
        """The position as it now is; None if it is as it was."""
        worth = value(held.holding, self._mark(held))
        row = held.row
        # What it is worth is compared first, as that is what mostly differs.
        if row is not None and row.valuation == worth and row.holding == held.holding:
            return None
        row = held.row = Position(account_id=held.key[0], holding=held.holding, valuation=worth)
        if not row.holding.quantity:
            del self._held[held.key], self._of[held.key[1]][held.key]
        return row

    def _changed(self, changes: Iterable[Change]) -> Iterator[_Held]:
        for change in changes:
            match change.value:
                case HoldingChange() as told:
                    key = (told.account_id, told.holding.instrument.id)
                    if key in self._held or told.holding.quantity != 0:
                        yield self._hold(told)
                case Account(id=account, connection_id=owner):
                    self._owners[account] = owner
                    of_it = [held for key, held in self._held.items() if key[0] == account]
                    for held in of_it:
                        self._own(held)
                    yield from of_it

    def _hold(self, told: HoldingChange) -> _Held:
        key = (told.account_id, told.holding.instrument.id)
        held = self._held.get(key)
        if held is None:
            held = _Held(key=key, holding=told.holding, owner=None, stored=None)
            self._held[key] = self._of[key[1]][key] = held
            self._own(held)
        held.holding = told.holding
        return held

    def _own(self, held: _Held) -> None:
        account, instrument = held.key
        held.owner = self._owners.get(account)
        held.stored = None if held.owner is None else self._stored.get((held.owner, instrument))

    def _mark(self, held: _Held) -> Mark | None:
        if held.owner is None:
            return None
        stored, live = held.stored, self._marks.of(held.owner, held.key[1])
        return newer(stored, live) if stored and live else live or stored


class Accounts:
    """Accounts with their cash and what the broker says they are worth."""

    def __init__(self, state: State) -> None:
        self._accounts = {account.id: account for account in state.accounts}
        self._balances, self._valuations = dict(state.balances), dict(state.valuations)

    def whole(self) -> Sequence[AccountFrame]:
        """A frame for each account."""
        return self.frames(tuple(self._rows(self._accounts).values()))

    def frames(self, rows: Sequence[AccountFrame]) -> Sequence[AccountFrame]:
        """Each as it is."""
        return rows

    def news(self, changes: Iterable[Change], live: Iterable[Live]) -> Mapping[Hashable, Any]:
        """A frame for each account that changed or was valued anew."""
        touched = dict.fromkeys(self._changed(changes))
        for one in live:
            if isinstance(one, AccountFigures):
                self._valuations[one.account_id] = one.valuation
                touched[one.account_id] = None
        return self._rows(touched)

    def _changed(self, changes: Iterable[Change]) -> Iterator[AccountId]:
        for change in changes:
            match change.value:
                case Account() as account:
                    self._accounts[account.id] = account
                    yield account.id
                case CashChange(account_id=account_id, balances=balances):
                    self._balances[account_id] = balances
                    yield account_id

    def _rows(self, ids: Iterable[AccountId]) -> Mapping[Hashable, AccountFrame]:
        return {
            key: AccountFrame(
                account=self._accounts[key],
                balances=self._balances.get(key, ()),
                valuation=self._valuations.get(key),
            )
            for key in ids
            if key in self._accounts
        }


class Connections:
    """Connections with their health, and how fresh each resource is."""

    def __init__(self, state: State) -> None:
        self._connections = {connection.id: connection for connection in state.connections}

    def whole(self) -> Sequence[Connection]:
        """Each connection."""
        return tuple(self._connections.values())

    def frames(self, rows: Sequence[Connection]) -> Sequence[Connection]:
        """Each as it is."""
        return rows

    def news(self, changes: Iterable[Change], live: Iterable[Live]) -> Mapping[Hashable, Any]:
        """Each connection that changed or was just heard from."""
        touched = dict.fromkeys(self._changed(changes))
        for one in live:
            if isinstance(one, Fresh) and one.connection.id in self._connections:
                self._refresh(one.connection)
                touched[one.connection.id] = None
        return {key: self._connections[key] for key in touched}

    def _changed(self, changes: Iterable[Change]) -> Iterator[ConnectionId]:
        for change in changes:
            if isinstance(change.value, Connection):
                self._connections[change.value.id] = change.value
                yield change.value.id

    def _refresh(self, heard: Connection) -> None:
        """Take over freshness only: of all else the journal may already know something newer."""
        known = self._connections[heard.id]
        self._connections[heard.id] = replace(known, freshness=heard.freshness)
