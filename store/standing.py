"""What a user owns, kept decoded for as long as the database says that none of it has changed."""

import asyncio
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from domain.account import Account, AccountValuation, Balance
from domain.changes import HoldingChange
from domain.holding import Mark
from domain.ids import AccountId, ConnectionId, InstrumentId, UserId
from store.database import Database
from store.models import AccountRow, HoldingRow, MarkRow
from store.page import Page, decode_key, encode_key
from store.values import account_of, balances_of, holding_of, marks_of, valuations_of

# A holding with its mark takes about 3 KB decoded, so all that is kept about 300 MB at the most.
MOST_HOLDINGS = 100_000

# So many pages of a standing are remembered.
_MOST_PAGES = 16

_VERSION = "SELECT tag, revision, observations FROM stream WHERE user_id = $1"
_Version = tuple[str, int, int]
_NEVER: _Version = ("", 0, 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Standing:
    """A user's accounts, holdings and stored marks as of one version of that user's stream."""

    version: _Version
    accounts: Mapping[AccountId, Account]
    balances: Mapping[AccountId, tuple[Balance, ...]]
    valuations: Mapping[AccountId, AccountValuation]
    holdings: tuple[HoldingChange, ...]
    marks: Mapping[ConnectionId, Mapping[InstrumentId, Mark]]

    @cached_property
    def _pages(self) -> dict[object, Page[HoldingChange]]:
        return {}

    @cached_property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """What the holdings are in order of: account and instrument."""
        return tuple((held.account_id, held.holding.instrument.id) for held in self.holdings)

    @cached_property
    def cursors(self) -> tuple[str, ...]:
        """The cursor of each holding."""
        return tuple(map(encode_key, self.keys))

    def page(
        self,
        *,
        accounts: Collection[AccountId] | None = None,
        connections: Collection[ConnectionId] | None = None,
        instrument: InstrumentId | None = None,
        first: int,
        after: str | None = None,
    ) -> Page[HoldingChange]:
        """What is held, by account and instrument; None is no filter.

        The same object for the same question, if it is not too long ago.
        """
        asked = (_frozen(accounts), _frozen(connections), instrument, first, after)
        page = self._pages.get(asked)
        if page is None:
            page = self._pages[asked] = self._page(accounts, connections, instrument, first, after)
            if len(self._pages) > _MOST_PAGES:
                del self._pages[next(iter(self._pages))]
        return page

    def _page(
        self,
        accounts: Collection[AccountId] | None,
        connections: Collection[ConnectionId] | None,
        instrument: InstrumentId | None,
        first: int,
        after: str | None,
    ) -> Page[HoldingChange]:
        begin = 0 if after is None else self._behind(after)
        if accounts is None and connections is None and instrument is None:
            return self._paged(range(begin, len(self.holdings)), first)
        owned = self._owned(accounts, connections)
        chosen = [
            index
            for index in range(begin, len(self.holdings))
            if self.keys[index][0] in owned and instrument in {None, self.keys[index][1]}
        ]
        return self._paged(chosen, first)

    def _behind(self, after: str) -> int:
        account, instrument = decode_key(after, ("", ""))
        return bisect_right(self.keys, (str(account), str(instrument)))

    def _owned(
        self,
        accounts: Collection[AccountId] | None,
        connections: Collection[ConnectionId] | None,
    ) -> frozenset[str]:
        return frozenset(
            account.id
            for account in self.accounts.values()
            if (accounts is None or account.id in accounts)
            and (connections is None or account.connection_id in connections)
        )

    def _paged(self, chosen: Sequence[int], first: int) -> Page[HoldingChange]:
        shown = chosen[:first]
        return Page(
            items=tuple(self.holdings[index] for index in shown),
            cursors=tuple(self.cursors[index] for index in shown),
            has_next=len(chosen) > first,
        )


class Standings:
    """Those of the users who asked last; each is looked up in the database before it is told."""

    def __init__(self, db: Database, *, most: int = MOST_HOLDINGS) -> None:
        self._db, self._room = db, most
        self._kept: OrderedDict[UserId, Standing] = OrderedDict()
        self._reading: dict[UserId, asyncio.Lock] = {}

    async def of(self, user: UserId) -> Standing:
        """As it now is: one small query if nothing has changed, everything read if it has."""
        version = await self._version(user)
        kept = self._kept.get(user)
        if kept is None or kept.version != version:
            kept = await self._read(user)
        self._kept.move_to_end(user)
        return kept

    async def _read(self, user: UserId) -> Standing:
        """Once for all who ask meanwhile; what is read after the version is never older than it."""
        reading = self._reading.setdefault(user, asyncio.Lock())
        async with reading:
            version, kept = await self._version(user), self._kept.get(user)
            if kept is None or kept.version != version:
                kept = await _read(user, version)
                self._keep(user, kept)
        # One who waited may find it gone already: nobody holds it between two turns.
        if not reading.locked():
            self._reading.pop(user, None)
        return kept

    def _keep(self, user: UserId, standing: Standing) -> None:
        self._forget(user)
        self._kept[user] = standing
        self._room -= _weight(standing)
        while self._room < 0 and len(self._kept) > 1:
            self._forget(next(iter(self._kept)))

    def _forget(self, user: UserId) -> None:
        standing = self._kept.pop(user, None)
        if standing is not None:
            self._room += _weight(standing)

    async def _version(self, user: UserId) -> _Version:
        (rows,) = await self._db.batches.read([(_VERSION, [user])])
        if not rows:
            return _NEVER
        return (rows[0]["tag"], rows[0]["revision"], rows[0]["observations"])


async def _read(user: UserId, version: _Version) -> Standing:
    accounts = await AccountRow.filter(user_id=user).order_by("id")
    holdings = map(holding_of, await HoldingRow.filter(user_id=user, held=True))
    return Standing(
        version=version,
        accounts={AccountId(row.id): account_of(row) for row in accounts},
        balances=balances_of(accounts),
        valuations=valuations_of(accounts),
        holdings=tuple(sorted(holdings, key=lambda h: (h.account_id, h.holding.instrument.id))),
        marks=marks_of(await MarkRow.filter(user_id=user)),
    )


def _frozen(ids: Collection[str] | None) -> frozenset[str] | None:
    return None if ids is None else frozenset(ids)


def _weight(standing: Standing) -> int:
    return 1 + len(standing.holdings)
