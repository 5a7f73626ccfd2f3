"""What is journalled: the changes that a client which resumes is promised, by revision."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.account import Account, AccountValuation, Balance
from domain.connection import Connection
from domain.drift import Drift
from domain.holding import Holding, Mark
from domain.ids import AccountId, ConnectionId, UserId
from domain.intent import Intent
from domain.order import OrderEvent
from domain.transaction import TransactionChange


class ChangeKind(StrEnum):
    """What changed; order events are each delivered, of the others the newest state is enough."""

    ORDER = "ORDER"
    HOLDING = "HOLDING"
    CASH = "CASH"
    TRANSACTION = "TRANSACTION"
    ACCOUNT = "ACCOUNT"
    CONNECTION = "CONNECTION"
    INTENT = "INTENT"
    DRIFT = "DRIFT"
    REVOCATION = "REVOCATION"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingChange:
    """A holding as it now is; quantity zero is its end."""

    account_id: AccountId
    holding: Holding


@dataclass(frozen=True, slots=True, kw_only=True)
class CashChange:
    """All balances of an account as they now are."""

    account_id: AccountId
    balances: tuple[Balance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentChange:
    """An order that may be there became unknown, or ceased to be.

    `late` is an alarm: its order turned up after it had been concluded that there is none.
    """

    intent: Intent
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """A token or a session that ended; sockets that came in by it are closed.

    `subject` is the token's or session's id, None for everything of the user.
    """

    subject: str | None
    reason: str


Changed = (
    OrderEvent
    | HoldingChange
    | CashChange
    | TransactionChange
    | Account
    | Connection
    | IntentChange
    | Drift
    | Revocation
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One journal row: `revision` counts up by one per user, in commit order."""

    user_id: UserId
    revision: int
    kind: ChangeKind
    at: datetime
    value: Changed
    connection_id: ConnectionId | None = None
    account_id: AccountId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFigures:
    """A fresh valuation of an account; latest wins, never journalled."""

    account_id: AccountId
    valuation: AccountValuation


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A connection that was just heard from or synced; latest wins, never journalled."""

    connection: Connection


# What travels beside the journal: no revision, no cursor, the latest wins.
Live = Mark | AccountFigures | Fresh
