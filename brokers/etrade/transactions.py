"""E*TRADE's transactions, paged by a marker that names a row which comes again.

The marker is inclusive: a page begins with the last row of the one before. `moreTransactions` says
no where there are more (vendor sample, 2018), so a page that is full, or that repeats nothing but
its first row, leads on; a marker that comes again does not (E*TRADE's own sandbox, 2025).
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from brokers.etrade import words
from brokers.etrade.client import Client
from brokers.etrade.symbols import instrument_of
from brokers.etrade.times import NEW_YORK, date_of, moment_of
from brokers.wire import Row
from domain.clock import utc
from domain.errors import Unintelligible
from domain.instrument import Instrument
from domain.transaction import (
    Transaction,
    TransactionCategory,
    TransactionPage,
    TransactionStatus,
    TransactionType,
)

_PAGE = 50
# As long as E*TRADE keeps them.
_HISTORY = timedelta(days=2 * 365)
# Between the marker and the row that the page ended with, of our token.
_BETWEEN = "|"
_PATH = "/v1/accounts/{key}/transactions"


async def read(
    client: Client, key: str, since: datetime | None, token: str | None, now: datetime
) -> TransactionPage:
    """A page, oldest first, of the days from `since` on."""
    marker, _, last = (token or "").rpartition(_BETWEEN)
    params = {
        "startDate": _digits(since or now - _HISTORY),
        "endDate": _digits(now),
        "sortOrder": "ASC",
        "count": str(_PAGE),
        **({"marker": marker} if marker else {}),
    }
    body = await client.read("transactions", _PATH, params, key=key)
    response = body.row("transactionListResponse") or Row({}, "the transactions")
    rows = response.rows("transaction")
    fresh = [row for row in rows if row.text("transactionId") != last]
    found = tuple(map(transaction, fresh))
    following = response.text("marker")
    ended = not found or len(rows) < _PAGE or following is None or following == marker
    onward = None if ended else f"{following}{_BETWEEN}{found[-1].broker_id}"
    return TransactionPage(transactions=found, token=onward)


def transaction(row: Row) -> Transaction:
    """One entry; a type that nobody knows is OTHER, and none is left out."""
    raw, amount = row.text("transactionType") or "", row.amount("amount")
    told = row.row("brokerage") or Row({}, "the transaction")
    kind = _type(raw, amount)
    at, day = _when(row)
    instrument = _instrument(told)
    moves = kind.category is not TransactionCategory.INCOME and instrument is not None
    quantity = told.amount("quantity") if moves else None
    return Transaction(
        broker_id=row.need_text("transactionId"),
        type=kind,
        raw_type=raw,
        # Nothing says whether an entry counts but the day on which it was posted.
        status=_status(row),
        raw_status="",
        at=at,
        day=day,
        currency=told.text("settlementCurrency", "paymentCurrency") or "USD",
        amount=amount,
        instrument=instrument,
        quantity=_signed(kind, quantity or None),
        price=told.figure("price") or None,
        broker_order_id=_order_id(told),
        description=row.words("description") or row.words("memo"),
    )


def _type(raw: str, amount: Decimal | None) -> TransactionType:
    """A transfer comes or goes, interest is earned or owed: the sign tells."""
    word = raw.strip().lower()
    out = amount is not None and amount < 0
    if "transfer" in word:
        return TransactionType.WITHDRAWAL if out else TransactionType.DEPOSIT
    known = words.TRANSACTION.get(word, TransactionType.OTHER)
    if known is TransactionType.INTEREST and out:
        return TransactionType.INTEREST_CHARGED
    return known


def _status(row: Row) -> TransactionStatus:
    """A day of posting that is zero is still to come."""
    posted = row.amount("postDate")
    return TransactionStatus.PENDING if posted == 0 else TransactionStatus.POSTED


def _signed(kind: TransactionType, quantity: Decimal | None) -> Decimal | None:
    if quantity is None:
        return None
    match kind:
        case TransactionType.BUY:
            return abs(quantity)
        case TransactionType.SELL:
            return -abs(quantity)
        case _:
            return quantity


def _instrument(told: Row) -> Instrument | None:
    """An entry about no instrument has an empty product."""
    product = told.row("product")
    return instrument_of(told) if product is not None and product.text("symbol") else None


def _order_id(told: Row) -> str | None:
    found = told.text("orderNo")
    return None if found in {None, "0"} else found


def _when(row: Row) -> tuple[datetime, date]:
    """E*TRADE tells the day alone, as its midnight in New York."""
    moment = moment_of(row, "transactionDate", "postDate")
    day = date_of(row, "transactionDate", "postDate")
    if moment is None or day is None:
        raise Unintelligible("a transaction has no readable date")
    return utc(datetime.combine(day, time(), NEW_YORK)), day


def _digits(moment: datetime) -> str:
    return f"{moment.astimezone(NEW_YORK):%m%d%Y}"
