"""The states that are watched live: what they begin with, and what is news to them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

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
    """A state that is told as a whole once and by its news from then on."""

    def whole(self) -> Sequence[T_co]:
        """What to begin with."""
        ...

    def news(self, changes: Iterable[Change], live: Iterable[Live]) -> Sequence[T_co]:
        """What these make different; empty if nothing."""
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
        self._told: dict[Key, Position] = {}

    def whole(self) -> Sequence[PositionsFrame]:
        """All positions, even if there are none."""
        return (self._frame(self._holdings),)

    def news(self, changes: Iterable[Change], live: Iterable[Live]) -> Sequence[PositionsFrame]:
        """The positions that changed or whose price did."""
        touched = dict.fromkeys(self._changed(changes))
        priced = {one.instrument_id for one in live if isinstance(one, Mark)}
        touched |= dict.fromkeys(key for key in self._holdings if key[1] in priced)
        different = [k for k in touched if self._position(k) != self._told.get(k)]
        return (self._frame(different),) if different else ()

    def _changed(self, changes: Iterable[Change]) -> Iterator[Key]:
        for change in changes:
            match change.value:
                case HoldingChange(account_id=account, holding=holding):
                    key = (account, holding.instrument.id)
                    if key in self._holdings or holding.quantity != 0:
                        self._holdings[key] = holding
                        yield key
                case Account(id=account, connection_id=owner):
                    self._owners[account] = owner
                    yield from [key for key in self._holdings if key[0] == account]

    def _frame(self, keys: Iterable[Key]) -> PositionsFrame:
        upserts = {key: self._position(key) for key in keys}
        self._told |= upserts
        removed = tuple(key for key in upserts if self._holdings[key].quantity == 0)
        for key in removed:
            del self._holdings[key], self._told[key]
        return PositionsFrame(upserts=tuple(upserts.values()), removed=removed, as_of=self._now())

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
        return self._frames(self._accounts)

    def news(self, changes: Iterable[Change], live: Iterable[Live]) -> Sequence[AccountFrame]:
        """A frame for each account that changed or was valued anew."""
        touched = dict.fromkeys(self._changed(changes))
        for one in live:
            if isinstance(one, AccountFigures):
                self._valuations[one.account_id] = one.valuation
                touched[one.account_id] = None
        return self._frames(touched)

    def _changed(self, changes: Iterable[Change]) -> Iterator[AccountId]:
        for change in changes:
            match change.value:
                case Account() as account:
                    self._accounts[account.id] = account
                    yield account.id
                case CashChange(account_id=account_id, balances=balances):
                    self._balances[account_id] = balances
                    yield account_id

    def _frames(self, ids: Iterable[AccountId]) -> Sequence[AccountFrame]:
        return tuple(
            AccountFrame(
                account=self._accounts[key],
                balances=self._balances.get(key, ()),
                valuation=self._valuations.get(key),
            )
            for key in ids
            if key in self._accounts
        )


class Connections:
    """Connections with their health, and how fresh each resource is."""

    def __init__(self, state: State) -> None:
        self._connections = {connection.id: connection for connection in state.connections}

    def whole(self) -> Sequence[Connection]:
        """Each connection."""
        return tuple(self._connections.values())

    def news(self, changes: Iterable[Change], live: Iterable[Live]) -> Sequence[Connection]:
        """Each connection that changed or was just heard from."""
        touched = dict.fromkeys(self._changed(changes))
        for one in live:
            if isinstance(one, Fresh) and one.connection.id in self._connections:
                self._refresh(one.connection)
                touched[one.connection.id] = None
        return tuple(self._connections[key] for key in touched)

    def _changed(self, changes: Iterable[Change]) -> Iterator[ConnectionId]:
        for change in changes:
            if isinstance(change.value, Connection):
                self._connections[change.value.id] = change.value
                yield change.value.id

    def _refresh(self, heard: Connection) -> None:
        """Take over freshness only: of all else the journal may already know something newer."""
        known = self._connections[heard.id]
        self._connections[heard.id] = replace(known, freshness=heard.freshness)
