"""What one watcher asked for, and may see."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TypeVar

from domain.account import Account
from domain.changes import Change, ChangeKind
from domain.ids import AccountId, ConnectionId
from store.journal import State

V = TypeVar("V")


class Sight:
    """Some kinds, of some accounts and the connections that they come through; None is all."""

    def __init__(
        self, kinds: Collection[ChangeKind] | None, accounts: frozenset[AccountId] | None
    ) -> None:
        wanted = frozenset(ChangeKind if kinds is None else kinds)
        self._kinds = wanted - {ChangeKind.REVOCATION}
        self.accounts = accounts
        self._owners: dict[AccountId, ConnectionId] = {}

    def learn(self, accounts: Collection[Account]) -> None:
        """Which connection each account comes through."""
        self._owners |= {account.id: account.connection_id for account in accounts}

    def sees(self, change: Change) -> bool:
        """Whether this change is to be told."""
        if isinstance(change.value, Account):
            self.learn([change.value])
        if change.kind not in self._kinds:
            return False
        if change.account_id is not None:
            return self.sees_account(change.account_id)
        return change.connection_id is None or self.sees_connection(change.connection_id)

    def sees_account(self, account: AccountId) -> bool:
        """Whether the account is in sight."""
        return self.accounts is None or account in self.accounts

    def sees_connection(self, connection: ConnectionId) -> bool:
        """Whether an account in sight comes through the connection."""
        if self.accounts is None:
            return True
        return any(self._owners.get(account) == connection for account in self.accounts)

    def cut(self, state: State) -> State:
        """The part of a state that is in sight."""
        self.learn(state.accounts)
        if self.accounts is None:
            return state
        return replace(
            state,
            connections=tuple(c for c in state.connections if self.sees_connection(c.id)),
            accounts=tuple(a for a in state.accounts if self.sees_account(a.id)),
            balances=self._of_accounts(state.balances),
            valuations=self._of_accounts(state.valuations),
            holdings=tuple(h for h in state.holdings if self.sees_account(h.account_id)),
            marks={key: m for key, m in state.marks.items() if self.sees_connection(key)},
            orders=tuple(o for o in state.orders if self.sees_account(o.account_id)),
            unknown=tuple(i for i in state.unknown if self.sees_account(i.account_id)),
        )

    def _of_accounts(self, values: Mapping[AccountId, V]) -> Mapping[AccountId, V]:
        return {key: value for key, value in values.items() if self.sees_account(key)}
