"""An account at a broker, the cash in it and what the broker says it is worth."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.ids import AccountId, ConnectionId


class Environment(StrEnum):
    """Whether the money is real; proved by the host that answered, never summed with another."""

    LIVE = "LIVE"
    PAPER = "PAPER"
    SANDBOX = "SANDBOX"


class AccountType(StrEnum):
    """The legal or margin kind of account."""

    CASH = "CASH"
    MARGIN = "MARGIN"
    RETIREMENT = "RETIREMENT"
    CRYPTO = "CRYPTO"
    OTHER = "OTHER"


class AccountStatus(StrEnum):
    """Whether the account can be used."""

    OPEN = "OPEN"
    RESTRICTED = "RESTRICTED"
    CLOSED = "CLOSED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReport:
    """An account as its broker describes it; `number` is the institution's own account id."""

    number: str
    type: AccountType
    raw_type: str
    currency: str
    status: AccountStatus
    raw_status: str
    restrictions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as we know it; the number is masked everywhere but in the store."""

    id: AccountId
    connection_id: ConnectionId
    broker: str
    environment: Environment
    masked_number: str
    type: AccountType
    raw_type: str
    currency: str
    status: AccountStatus
    raw_status: str
    restrictions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Cash of one currency, in that currency; negative is owed, None is not said."""

    currency: str
    cash: Decimal
    settled: Decimal | None = None
    unsettled: Decimal | None = None
    held_for_orders: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountValuation:
    """What the broker says the account is worth, in its base currency, as of a moment.

    Not journalled: the latest wins.
    """

    currency: str
    as_of: datetime
    equity: Decimal | None = None
    net_liquidation: Decimal | None = None
    buying_power: Decimal | None = None
    last_equity: Decimal | None = None
    initial_margin: Decimal | None = None
    maintenance_margin: Decimal | None = None
    long_market_value: Decimal | None = None
    short_market_value: Decimal | None = None


def mask(number: str) -> str:
    """The last four characters of an account number, never more than half of it."""
    shown = min(4, len(number) // 2)
    return "•••" + number[len(number) - shown :]
