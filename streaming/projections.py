"""The states that are watched live: what they begin with, and what is news to them."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from domain.account import Account
from domain.changes import AccountFigures, CashChange, Change, Fresh, HoldingChange, Live
from domain.connection import Connection
from domain.holding import Mark, Position, value
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
        self._holdings = {
            (held.account_id, held.holding.instrument.id): held.holding for held in state.holdings
        }
        self._keys: defaultdict[InstrumentId, set[Key]] = defaultdict(set)
        for key in self._holdings:
            self._keys[key[1]].add(key)
        self._rows = {key: self._position(key) for key in self._holdings}

    def whole(self) -> Sequence[PositionsFrame]:
        """All positions, even if there are none."""
        return self.frames(tuple(self._rows.values()))

    def frames(self, rows: Sequence[Position]) -> Sequence[PositionsFrame]:
        """All in one."""
        gone = [row for row in rows if row.holding.quantity == 0]
        removed = tuple((row.account_id, row.holding.instrument.id) for row in gone)
        return (PositionsFrame(upserts=tuple(rows), removed=removed, as_of=self._now()),)

    def news(self, changes: Iterable[Change], live: Iterable[Live]) -> Mapping[Hashable, Any]:
        """The positions that changed or whose price did."""
        touched = dict.fromkeys(self._changed(changes))
        for one in live:
            if isinstance(one, Mark):
                touched |= dict.fromkeys(self._keys.get(one.instrument_id, ()))
        return {key: row for key in touched if (row := self._renewed(key)) is not None}

    def _renewed(self, key: Key) -> Position | None:
        """The position as it now is; None if it is as it was."""
        row = self._position(key)
        if row == self._rows.get(key):
            return None
        self._rows[key] = row
        if row.holding.quantity == 0:
            del self._rows[key], self._holdings[key]
            self._keys[key[1]].discard(key)
        return row

    def _changed(self, changes: Iterable[Change]) -> Iterator[Key]:
        for change in changes:
            match change.value:
                case HoldingChange(account_id=account, holding=holding):
                    key = (account, holding.instrument.id)
                    if key in self._holdings or holding.quantity != 0:
                        self._holdings[key] = holding
                        self._keys[key[1]].add(key)
                        yield key
                case Account(id=account, connection_id=owner):
                    self._owners[account] = owner
                    yield from [key for key in self._holdings if key[0] == account]

    def _position(self, key: Key) -> Position:
        account, instrument = key
        holding = self._holdings[key]
        mark = self._mark(self._owners.get(account), instrument)
        return Position(account_id=account, holding=holding, valuation=value(holding, mark))

    def _mark(self, owner: ConnectionId | None, instrument: InstrumentId) -> Mark | None:
        if owner is None:
            return None
        stored, live = self._stored.get((owner, instrument)), self._marks.of(owner, instrument)
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
