"""Alpaca's account activities as transactions.

Source: its trading OpenAPI (2026-06) and the enums of its SDK. What a word of those means that
neither explains (EXTRD, SWP, TRANS, VOF, OCT, MEM, MISC) is not guessed beyond its category.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from brokers.alpaca.client import Client
from brokers.alpaca.symbols import holding_of, instrument_of
from brokers.wire import Row, rows
from domain.clock import utc
from domain.errors import Unintelligible
from domain.instrument import Instrument, option_of
from domain.money import EXACT, times
from domain.transaction import (
    Transaction,
    TransactionCategory,
    TransactionPage,
    TransactionStatus,
    TransactionType,
)

_PAGE = 100
_NEW_YORK = ZoneInfo("America/New_York")
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
# No US ticker is as long as the shortest pair that is written without its slash.
_PAIR = re.compile(r"[A-Z0-9]+/[A-Z]+|[A-Z0-9]{3,}(?:USDT|USDC|USD|BTC)")

_TYPES: Mapping[str, TransactionType] = {
    "OPTRD": TransactionType.OPTION_TRADE,
    "FXTRD": TransactionType.FX_CONVERSION,
    "EXTRD": TransactionType.OTHER_TRADE,
    "CSD": TransactionType.DEPOSIT,
    "CSW": TransactionType.WITHDRAWAL,
    "JNL": TransactionType.JOURNAL_CASH,
    "JNLC": TransactionType.JOURNAL_CASH,
    "SWP": TransactionType.OTHER_CASH,
    "TRANS": TransactionType.OTHER_CASH,
    "ACATC": TransactionType.ACATS_CASH,
    "ACATS": TransactionType.ACATS_SECURITY,
    "JNLS": TransactionType.JOURNAL_SECURITY,
    "DIV": TransactionType.DIVIDEND,
    "DIVTXEX": TransactionType.DIVIDEND,
    "CGD": TransactionType.CAPITAL_GAIN,
    "DIVCGL": TransactionType.CAPITAL_GAIN_LONG,
    "DIVCGS": TransactionType.CAPITAL_GAIN_SHORT,
    "DIVROC": TransactionType.RETURN_OF_CAPITAL,
    "INT": TransactionType.INTEREST,
    "INTPNL": TransactionType.INTEREST,
    "PTR": TransactionType.REBATE,
    "FEE": TransactionType.FEE,
    "CFEE": TransactionType.FEE,
    "DIVFEE": TransactionType.FEE,
    "PTC": TransactionType.FEE,
    "DIVFT": TransactionType.TAX_WITHHOLDING,
    "DIVNRA": TransactionType.TAX_WITHHOLDING,
    "DIVTW": TransactionType.TAX_WITHHOLDING,
    "DIVWH": TransactionType.TAX_WITHHOLDING,
    "INTNRA": TransactionType.TAX_WITHHOLDING,
    "INTTW": TransactionType.TAX_WITHHOLDING,
    "WH": TransactionType.TAX_WITHHOLDING,
    "SPLIT": TransactionType.SPLIT,
    "SPIN": TransactionType.SPINOFF,
    "MA": TransactionType.MERGER,
    "REORG": TransactionType.REORGANIZATION,
    "NC": TransactionType.NAME_CHANGE,
    "CIL": TransactionType.CASH_IN_LIEU,
    "OPCA": TransactionType.OTHER_CORPORATE_ACTION,
    "OCT": TransactionType.OTHER_CORPORATE_ACTION,
    "VOF": TransactionType.OTHER_CORPORATE_ACTION,
    "OPEXC": TransactionType.EXERCISE,
    "OPASN": TransactionType.ASSIGNMENT,
    "OPEXP": TransactionType.EXPIRATION,
    "OPCSH": TransactionType.CASH_SETTLEMENT,
}

_STATUS: Mapping[str, TransactionStatus] = {
    "": TransactionStatus.POSTED,
    "executed": TransactionStatus.POSTED,
    "pending": TransactionStatus.PENDING,
    "correct": TransactionStatus.CORRECTED,
    "canceled": TransactionStatus.CANCELED,
}


async def read(client: Client, since: datetime | None, token: str | None) -> TransactionPage:
    """A page, oldest first; `since` is compared with when Alpaca booked, not with the day."""
    params = {"page_size": str(_PAGE), "direction": "asc"}
    if since is not None:
        params["after"] = f"{since:%Y-%m-%dT%H:%M:%SZ}"
    if token is not None:
        params["page_token"] = token
    page = rows(await client.read("activities", "/v2/account/activities", params), "the activities")
    last = page[-1].need_text("id") if len(page) >= _PAGE else None
    if last is not None and last == token:
        raise Unintelligible("Alpaca's pages of activities do not end")
    return TransactionPage(transactions=tuple(map(transaction, page)), token=last)


def transaction(row: Row) -> Transaction:
    """One activity; a type that nobody knows is OTHER, and none is left out."""
    trade = row.text("activity_type") == "FILL"
    return _traded(row) if trade else _booked(row)


def _traded(row: Row) -> Transaction:
    """An execution: its cash is worked out from price and quantity, fees are booked apart."""
    symbol, at = row.text("symbol"), row.moment("transaction_time")
    instrument = _instrument(symbol)
    currency = row.text("currency") or (_currency(symbol) if symbol else "USD")
    kind = _side(row)
    quantity, price = row.amount("qty"), row.amount("price")
    if quantity is not None and kind is TransactionType.SELL:
        quantity = -abs(quantity)
    day = at.astimezone(_NEW_YORK).date() if at else _day(row)
    return Transaction(
        broker_id=row.need_text("id"),
        type=kind,
        raw_type="FILL",
        status=_status(row),
        raw_status=row.text("status") or "",
        at=at or _start(day),
        day=day,
        currency=currency,
        amount=_cash(quantity, price, instrument),
        instrument=instrument,
        quantity=quantity,
        price=price,
        broker_order_id=row.text("order_id"),
    )


def _booked(row: Row) -> Transaction:
    """Anything else: `qty` counts as units only where units move, not the shares that were paid."""
    raw_type, day = row.text("activity_type") or "", _day(row)
    amount, quantity = row.figure("net_amount"), row.amount("qty")
    kind = _type(raw_type, amount, quantity)
    return Transaction(
        broker_id=row.need_text("id"),
        type=kind,
        raw_type=raw_type,
        status=_status(row),
        raw_status=row.text("status") or "",
        at=_start(day),
        day=day,
        currency=row.text("currency") or "USD",
        amount=amount,
        instrument=_instrument(row.text("symbol")),
        quantity=None if kind.category is TransactionCategory.INCOME else quantity,
        price=row.figure("per_share_amount", "price"),
        group=row.text("group_id"),
        description=row.words("description"),
    )


def _side(row: Row) -> TransactionType:
    match row.text("side"):
        case "buy" | "buy_minus":
            return TransactionType.BUY
        case "sell" | "sell_short" | "sell_plus" | "sell_short_exempt":
            return TransactionType.SELL
        case _:
            return TransactionType.OTHER_TRADE


def _type(raw: str, amount: Decimal | None, quantity: Decimal | None) -> TransactionType:
    """Interest is credited or charged, units are delivered or taken: the sign tells."""
    if raw == "INT" and amount is not None and amount < 0:
        return TransactionType.INTEREST_CHARGED
    if raw == "FOPT" and quantity is not None:
        return TransactionType.ASSET_OUT if quantity < 0 else TransactionType.ASSET_IN
    return _TYPES.get(raw, TransactionType.OTHER)


def _status(row: Row) -> TransactionStatus:
    """Executions have no status of their own."""
    return _STATUS.get((row.text("status") or "").lower(), TransactionStatus.UNKNOWN)


def _cash(
    quantity: Decimal | None, price: Decimal | None, instrument: Instrument | None
) -> Decimal | None:
    if quantity is None or price is None or instrument is None:
        return None
    return EXACT.minus(times(quantity, price, instrument.multiplier))


def _instrument(symbol: str | None) -> Instrument | None:
    """Activities do not say of what class a symbol is; its form does."""
    if symbol is None:
        return None
    return option_of(symbol) or holding_of(symbol, _class(symbol))


def _currency(symbol: str) -> str:
    return instrument_of(symbol, _class(symbol)).currency


def _class(symbol: str) -> str:
    return "crypto" if _PAIR.fullmatch(symbol) else "us_equity"


def _day(row: Row) -> date:
    """The activity's day; the oldest bodies have it in their id alone."""
    for text in (row.text("date"), row.text("id")):
        if text and (found := _DAY.match(text)):
            try:
                return date(*map(int, found.groups()))
            except ValueError:
                continue
    raise Unintelligible("an activity has no readable date")


def _start(day: date) -> datetime:
    return utc(datetime.combine(day, time(), _NEW_YORK))
