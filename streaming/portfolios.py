"""All that a user owns as one figure, kept current by what changes any part of it."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.account import Account, Balance, Environment
from domain.adding import Owned, portfolio
from domain.changes import Change, Live
from domain.connection import Connection, ConnectionState
from domain.holding import Mark, Position
from domain.ids import AccountId, ConnectionId, InstrumentId
from domain.portfolio import Portfolio
from domain.rates import Money, Rates
from store.journal import State
from streaming.frames import AccountFrame
from streaming.marks import Marks, newer
from streaming.projections import Accounts, Connections, Positions


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """In which currency, and of which environments: None is the most real one that there is."""

    base: str
    environments: frozenset[Environment] | None = None


class Portfolios:
    """One row; the sums are made when it is told, at most as often as it is."""

    def __init__(
        self,
        state: State,
        marks: Marks,
        wanted: Wanted,
        money: Callable[[], Money],
        now: Callable[[], datetime],
    ) -> None:
        self._wanted, self._money, self._now = wanted, money, now
        self._positions_of = Positions(state, marks, now)
        self._accounts_of, self._connections_of = Accounts(state), Connections(state)
        self._positions: dict[Hashable, Position] = {}
        for frame in self._positions_of.whole():
            self._keep({_key(position): position for position in frame.upserts})
        self._accounts = {frame.account.id: frame for frame in self._accounts_of.whole()}
        self._connections = {each.id: each for each in state.connections}
        self._marks: dict[InstrumentId, Mark] = {}
        for connection, stored in state.marks.items():
            for mark in stored:
                live = marks.of(connection, mark.instrument_id)
                self._price(newer(mark, live) if live else mark)

    def whole(self) -> Sequence[Portfolio]:
        """As it is."""
        return (self._sum(),)

    def frames(self, rows: Sequence[Any]) -> Sequence[Portfolio]:
        """As it now is."""
        return self.whole()

    def news(self, changes: Iterable[Change], live: Iterable[Live]) -> Mapping[Hashable, Any]:
        """One row if a part or a price is another; freshness alone moves nothing."""
        changes, live = tuple(changes), tuple(live)
        positions = self._positions_of.news(changes, live)
        accounts = self._accounts_of.news(changes, ())
        connections = self._connections_of.news(changes, ())
        self._keep(positions)
        for frame in accounts.values():
            self._accounts[frame.account.id] = frame
        for connection in connections.values():
            self._connections[connection.id] = connection
        priced = [self._price(one) for one in live if isinstance(one, Mark)]
        return {"portfolio": None} if positions or accounts or connections or any(priced) else {}

    def _keep(self, positions: Mapping[Hashable, Position]) -> None:
        for key, position in positions.items():
            if position.holding.quantity == 0:
                self._positions.pop(key, None)
            else:
                self._positions[key] = position

    def _price(self, mark: Mark) -> bool:
        """Keep what may be a rate; whether it is another one now."""
        known = self._marks.get(mark.instrument_id)
        if not Rates.tells(mark) or (known is not None and known.as_of > mark.as_of):
            return False
        self._marks[mark.instrument_id] = mark
        return known is None or known.price != mark.price

    def _sum(self) -> Portfolio:
        frames: list[AccountFrame] = list(self._accounts.values())
        owned = Owned(
            accounts=[frame.account for frame in frames],
            balances=_balances(frames),
            positions=list(self._positions.values()),
            disconnected=frozenset(each.account.id for each in frames if self._ended(each.account)),
        )
        rates = Rates.of(self._money(), self._marks.values())
        wanted = self._wanted
        return portfolio(owned, rates, wanted.base, self._now(), wanted.environments)

    def _ended(self, account: Account) -> bool:
        connection: Connection | None = self._connections.get(ConnectionId(account.connection_id))
        return connection is None or connection.health.state is ConnectionState.DISCONNECTED


def _key(position: Position) -> tuple[AccountId, InstrumentId]:
    return position.account_id, position.holding.instrument.id


def _balances(frames: Iterable[AccountFrame]) -> dict[AccountId, Sequence[Balance]]:
    return {frame.account.id: frame.balances for frame in frames}
