"""Reads of one operation, batched and done once; made anew for each, so never stale."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from strawberry.dataloader import DataLoader

from domain.account import Account, AccountValuation, Balance
from domain.connection import Connection
from domain.ids import AccountId, ConnectionId

if TYPE_CHECKING:
    from graph.context import Services, Viewer


class Loaders:
    """Only what the viewer may see: an account outside the allowance is not there."""

    def __init__(self, services: "Services", viewer: "Viewer") -> None:
        self._reads, self._viewer = services.reads, viewer

    @cached_property
    def accounts(self) -> DataLoader[AccountId, Account | None]:
        """Accounts by id."""
        return DataLoader(self._accounts)

    @cached_property
    def balances(self) -> DataLoader[AccountId, Sequence[Balance]]:
        """The cash of an account, a balance a currency."""
        return DataLoader(self._balances)

    @cached_property
    def valuations(self) -> DataLoader[AccountId, AccountValuation | None]:
        """What the broker says an account is worth."""
        return DataLoader(self._valuations)

    @cached_property
    def connections(self) -> DataLoader[ConnectionId, Connection | None]:
        """Connections by id."""
        return DataLoader(self._connections)

    async def _accounts(self, ids: list[AccountId]) -> list[Account | None]:
        seen = frozenset(ids) if self._viewer.accounts is None else self._viewer.accounts & set(ids)
        found = await self._reads.accounts(self._viewer.user_id, ids=seen)
        by_id = {account.id: account for account in found}
        return [by_id.get(key) for key in ids]

    async def _balances(self, ids: list[AccountId]) -> list[Sequence[Balance]]:
        found = await self._reads.balances(self._viewer.user_id, ids)
        return [found.get(key, ()) for key in ids]

    async def _valuations(self, ids: list[AccountId]) -> list[AccountValuation | None]:
        found = await self._reads.valuations(self._viewer.user_id, ids)
        return [found.get(key) for key in ids]

    async def _connections(self, ids: list[ConnectionId]) -> list[Connection | None]:
        found = {each.id: each for each in await self._reads.connections(self._viewer.user_id)}
        return [found.get(key) for key in ids]
