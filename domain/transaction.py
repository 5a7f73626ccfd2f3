"""What was booked in an account: trades, cash, income, costs and what happened to instruments."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.ids import AccountId, TransactionId
from domain.instrument import Instrument


class TransactionCategory(StrEnum):
    """The group that a type of transaction belongs to."""

    TRADE = "TRADE"
    CASH = "CASH"
    TRANSFER = "TRANSFER"
    INCOME = "INCOME"
    COST = "COST"
    CORPORATE_ACTION = "CORPORATE_ACTION"
    OPTION_EVENT = "OPTION_EVENT"
    OTHER = "OTHER"


class TransactionType(StrEnum):
    """What it was; OTHER and its like are words that nobody has explained, kept as they are."""

    BUY = "BUY"
    SELL = "SELL"
    OPTION_TRADE = "OPTION_TRADE"
    FX_CONVERSION = "FX_CONVERSION"
    CRYPTO_CONVERSION = "CRYPTO_CONVERSION"
    OTHER_TRADE = "OTHER_TRADE"
    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    JOURNAL_CASH = "JOURNAL_CASH"
    OTHER_CASH = "OTHER_CASH"
    ASSET_IN = "ASSET_IN"
    ASSET_OUT = "ASSET_OUT"
    ACATS_CASH = "ACATS_CASH"
    ACATS_SECURITY = "ACATS_SECURITY"
    JOURNAL_SECURITY = "JOURNAL_SECURITY"
    DIVIDEND = "DIVIDEND"
    CAPITAL_GAIN = "CAPITAL_GAIN"
    CAPITAL_GAIN_LONG = "CAPITAL_GAIN_LONG"
    CAPITAL_GAIN_SHORT = "CAPITAL_GAIN_SHORT"
    RETURN_OF_CAPITAL = "RETURN_OF_CAPITAL"
    SUBSTITUTE_PAYMENT = "SUBSTITUTE_PAYMENT"
    INTEREST = "INTEREST"
    STAKING_REWARD = "STAKING_REWARD"
    REWARD = "REWARD"
    REBATE = "REBATE"
    FEE = "FEE"
    COMMISSION_ADJUSTMENT = "COMMISSION_ADJUSTMENT"
    TAX_WITHHOLDING = "TAX_WITHHOLDING"
    INTEREST_CHARGED = "INTEREST_CHARGED"
    SPLIT = "SPLIT"
    SPINOFF = "SPINOFF"
    MERGER = "MERGER"
    REORGANIZATION = "REORGANIZATION"
    NAME_CHANGE = "NAME_CHANGE"
    CASH_IN_LIEU = "CASH_IN_LIEU"
    OTHER_CORPORATE_ACTION = "OTHER_CORPORATE_ACTION"
    EXERCISE = "EXERCISE"
    ASSIGNMENT = "ASSIGNMENT"
    EXPIRATION = "EXPIRATION"
    CASH_SETTLEMENT = "CASH_SETTLEMENT"
    OTHER = "OTHER"

    @property
    def category(self) -> TransactionCategory:
        """The group that it belongs to."""
        return _CATEGORY[self]


_MEMBERS: Mapping[TransactionCategory, str] = {
    TransactionCategory.TRADE: (
        "BUY SELL OPTION_TRADE FX_CONVERSION CRYPTO_CONVERSION OTHER_TRADE"
    ),
    TransactionCategory.CASH: "DEPOSIT WITHDRAWAL JOURNAL_CASH OTHER_CASH",
    TransactionCategory.TRANSFER: "ASSET_IN ASSET_OUT ACATS_CASH ACATS_SECURITY JOURNAL_SECURITY",
    TransactionCategory.INCOME: (
        "DIVIDEND CAPITAL_GAIN CAPITAL_GAIN_LONG CAPITAL_GAIN_SHORT RETURN_OF_CAPITAL "
        "SUBSTITUTE_PAYMENT INTEREST STAKING_REWARD REWARD REBATE"
    ),
    TransactionCategory.COST: "FEE COMMISSION_ADJUSTMENT TAX_WITHHOLDING INTEREST_CHARGED",
    TransactionCategory.CORPORATE_ACTION: (
        "SPLIT SPINOFF MERGER REORGANIZATION NAME_CHANGE CASH_IN_LIEU OTHER_CORPORATE_ACTION"
    ),
    TransactionCategory.OPTION_EVENT: "EXERCISE ASSIGNMENT EXPIRATION CASH_SETTLEMENT",
    TransactionCategory.OTHER: "OTHER",
}
_CATEGORY: Mapping[TransactionType, TransactionCategory] = {
    TransactionType(name): category
    for category, names in _MEMBERS.items()
    for name in names.split()
}


class TransactionStatus(StrEnum):
    """Whether it counts: CORRECTED does, as it now reads; CANCELED does not."""

    PENDING = "PENDING"
    POSTED = "POSTED"
    CORRECTED = "CORRECTED"
    CANCELED = "CANCELED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One entry of an account's books, known by the broker's own id.

    `amount` is cash in `currency` and `quantity` units of the instrument; both are signed: more is
    into the account. `price` is per unit: of a trade what was paid, of a dividend what one unit
    brought. `at` is the moment, or if only the day is told its beginning on the market; `day` is
    the market's. None is not said, which is not zero.
    """

    broker_id: str
    type: TransactionType
    raw_type: str
    status: TransactionStatus
    raw_status: str
    at: datetime
    day: date
    currency: str
    amount: Decimal | None = None
    instrument: Instrument | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    broker_order_id: str | None = None
    group: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionChange:
    """A transaction as it now is, in its account."""

    id: TransactionId
    account_id: AccountId
    transaction: Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far an account's transactions have been read.

    `until` is the waterline: all that the broker had booked by then is here. A pass is under way
    while `began_at` is set: it asks for what was booked from `since` on (None: ever) and goes on
    behind `token`. `looked_back_at` is when amended entries were last looked for.
    """

    until: datetime | None = None
    looked_back_at: datetime | None = None
    began_at: datetime | None = None
    since: datetime | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionPage:
    """What a broker booked, oldest first; `token` leads to the next page, None: that was all."""

    transactions: tuple[Transaction, ...]
    token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionsRead:
    """A page of an account's transactions and how far it brings us: kept together or not at all."""

    account: str
    transactions: tuple[Transaction, ...]
    reading: Reading


# Books are written some time after the event, and clocks differ.
_OVERLAP = timedelta(hours=1)
# So long entries are looked at again, once a day, in case they were amended or booked late.
_AMENDED_WITHIN = timedelta(days=30)
_LOOKS_BACK_EVERY = timedelta(days=1)


def begun(reading: Reading, now: datetime) -> Reading:
    """The pass to carry on with, or a new one from a little before the waterline."""
    if reading.began_at is not None:
        return reading
    since = reading.until
    if since is not None:
        since -= _AMENDED_WITHIN if _looks_back(reading, now) else _OVERLAP
    return replace(reading, began_at=now, since=since, token=None)


def advanced(reading: Reading, page: TransactionPage) -> Reading:
    """After a page of the pass: only the last one moves the waterline, to where the pass began."""
    if page.token is not None or reading.began_at is None:
        return replace(reading, token=page.token)
    deep = reading.since is None or reading.until is None or _looks_back(reading, reading.began_at)
    return Reading(
        until=reading.began_at,
        looked_back_at=reading.began_at if deep else reading.looked_back_at,
    )


def _looks_back(reading: Reading, now: datetime) -> bool:
    last = reading.looked_back_at
    return last is None or now - last >= _LOOKS_BACK_EVERY


def amended(known: Transaction | None, told: Transaction) -> Transaction:
    """What is now known of a transaction; equal to `known` if that is nothing new.

    An entry that was posted and now moves something else is CORRECTED, whatever its broker calls
    it, and stays so.
    """
    if known is None or told.status is not TransactionStatus.POSTED:
        return told
    corrected = known.status is TransactionStatus.CORRECTED or (
        known.status is TransactionStatus.POSTED and _effect(known) != _effect(told)
    )
    return replace(told, status=TransactionStatus.CORRECTED) if corrected else told


def _effect(one: Transaction) -> tuple[object, ...]:
    instrument = one.instrument.id if one.instrument else None
    return (one.type, one.day, one.currency, one.amount, instrument, one.quantity, one.price)
