"""What views yield."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.account import Account, AccountValuation, Balance
from domain.changes import CashChange, Change, ChangeKind, HoldingChange
from domain.connection import Connection
from domain.holding import Position
from domain.ids import AccountId, InstrumentId
from domain.transaction import TransactionChange
from store.journal import ResyncReason, State

# More than a broker's stream hands over at once means that the watcher is far behind.
_BACKLOG = 101


@dataclass(frozen=True, slots=True, kw_only=True)
class Shareable:
    """`made` keeps what is made of a frame once for all who are told it, and goes with it."""

    made: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFrame(Shareable):
    """One change; `cursor` resumes behind it."""

    change: Change
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFrame:
    """Everything as it is; `cursor` resumes behind it."""

    state: State
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResyncFrame:
    """The cursor that was handed in leads nowhere; a snapshot follows."""

    reason: ResyncReason
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """Nothing happened until now; `cursor` is past all that was not asked for."""

    cursor: str
    at: datetime


Frame = ChangeFrame | SnapshotFrame | ResyncFrame | Heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionsFrame(Shareable):
    """Positions as they now are; those that are gone come once with quantity zero, and named."""

    upserts: tuple[Position, ...]
    removed: tuple[tuple[AccountId, InstrumentId], ...]
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFrame(Shareable):
    """An account as it now is; None where the broker has not said what it is worth."""

    account: Account
    balances: tuple[Balance, ...]
    valuation: AccountValuation | None


def compacted(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """A backlog without the states that later ones supersede; order events all stay."""
    if len(changes) < _BACKLOG:
        return changes
    newest = {_subject(change): change.revision for change in changes}
    return tuple(change for change in changes if newest[_subject(change)] == change.revision)


def _subject(change: Change) -> Hashable:
    """What it is the state of; order events and revocations are each their own."""
    match change.value:
        case HoldingChange(account_id=account, holding=holding):
            return (ChangeKind.HOLDING, account, holding.instrument.id)
        case CashChange(account_id=account):
            return (ChangeKind.CASH, account)
        case TransactionChange(id=transaction):
            return (ChangeKind.TRANSACTION, transaction)
        case Account(id=account):
            return (ChangeKind.ACCOUNT, account)
        case Connection(id=connection):
            return (ChangeKind.CONNECTION, connection)
        case _:
            return (change.kind, change.revision)
