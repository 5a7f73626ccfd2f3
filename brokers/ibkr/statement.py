"""A Flex statement's rows as transactions.

Source: ibflex's samples of real statements (2011 to 2024) and the vendor's type names. A row whose
kind nobody has explained is OTHER; a row that is repeated for a segment or an account is one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from defusedxml.ElementTree import ParseError, fromstring

from brokers.ibkr.contracts import held_as
from brokers.ibkr.flex_rows import NEW_YORK, FlexRow, day_of, instrument_in, moment_in
from brokers.ibkr.known import Fill
from domain.equity import EquityPoint, EquitySource
from domain.errors import Unintelligible
from domain.instrument import AssetClass, Instrument
from domain.money import EXACT, times
from domain.order import OrderSide
from domain.transaction import Transaction, TransactionStatus, TransactionType

_CLOSE = time(20)

_CASH: Mapping[str, TransactionType] = {
    "Dividends": TransactionType.DIVIDEND,
    "Payment In Lieu Of Dividends": TransactionType.SUBSTITUTE_PAYMENT,
    "Withholding Tax": TransactionType.TAX_WITHHOLDING,
    "871(m) Withholding": TransactionType.TAX_WITHHOLDING,
    "Broker Interest Received": TransactionType.INTEREST,
    "Bond Interest Received": TransactionType.INTEREST,
    "Broker Interest Paid": TransactionType.INTEREST_CHARGED,
    "Bond Interest Paid": TransactionType.INTEREST_CHARGED,
    "Other Fees": TransactionType.FEE,
    "Broker Fees": TransactionType.FEE,
    "Advisor Fees": TransactionType.FEE,
    "Commission Adjustments": TransactionType.COMMISSION_ADJUSTMENT,
}
_EVENTS: Mapping[str, TransactionType] = {
    "Assignment": TransactionType.ASSIGNMENT,
    "Exercise": TransactionType.EXERCISE,
    "Expiration": TransactionType.EXPIRATION,
}
_ACTIONS: Mapping[str, TransactionType] = {
    "FS": TransactionType.SPLIT,
    "RS": TransactionType.SPLIT,
    "SO": TransactionType.SPINOFF,
    "TC": TransactionType.MERGER,
    "IC": TransactionType.NAME_CHANGE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one account's part of a statement tells."""

    transactions: tuple[Transaction, ...] = ()
    days: tuple[EquityPoint, ...] = ()


def document(text: str | bytes) -> Any:
    """The XML; Unintelligible if it is none, or one that would grow in our hands."""
    try:
        return fromstring(text)
    except (ParseError, ValueError):
        pass
    raise Unintelligible("the Flex Web Service's answer is not XML")


def statement(root: Any, account: str) -> Statement:
    """The parts of an account; a statement of other accounts alone has none."""
    found: dict[str, Transaction] = {}
    days: dict[date, EquityPoint] = {}
    for part in root.iter("FlexStatement"):
        if part.get("accountId") != account:
            continue
        trades = {row.get("tradeID") for row in part.iter("Trade")}
        for name, read in _READERS.items():
            for element in part.iter(name):
                if name == "OptionEAE" and element.get("tradeID") in trades:
                    continue
                if (one := read(FlexRow(element.attrib, name))) is not None:
                    found.setdefault(one.broker_id, one)
        currency = next((each.get("currency") for each in part.iter("AccountInformation")), None)
        for point in _days(part, currency):
            days[point.day or point.at.date()] = point
    return Statement(transactions=tuple(found.values()), days=tuple(days.values()))


def fill_of(broker_order_id: str, instrument: Instrument, fill: Fill) -> Transaction:
    """A fill that a Gateway told of, by the name under which a statement has it too."""
    execution, buys = fill.execution, fill.side is OrderSide.BUY
    quantity = execution.quantity if buys else -execution.quantity
    paid = times(quantity, execution.price, instrument.multiplier)
    kind = TransactionType.BUY if buys else TransactionType.SELL
    return Transaction(
        broker_id=execution.execution_id,
        type=TransactionType.FX_CONVERSION if instrument.asset_class is AssetClass.FX else kind,
        raw_type="execution",
        status=TransactionStatus.POSTED,
        raw_status="",
        at=execution.at,
        day=execution.at.astimezone(NEW_YORK).date(),
        currency=instrument.currency,
        amount=EXACT.subtract(EXACT.minus(paid), execution.commission or Decimal(0)),
        instrument=held_as(instrument),
        quantity=quantity,
        price=execution.price,
        broker_order_id=broker_order_id,
    )


def _trade(row: FlexRow) -> Transaction | None:
    """An execution; sums over orders and symbols repeat what the executions say."""
    if row.text("levelOfDetail") not in {None, "EXECUTION"}:
        return None
    kind, notes = row.text("transactionType") or "", (row.text("notes", "code") or "").split(";")
    canceled = kind == "TradeCancel" or "Ca" in notes or "Ca" in (row.text("buySell") or "")
    corrected = kind == "TradeCorrect" or "Co" in notes
    status = TransactionStatus.CORRECTED if corrected else TransactionStatus.POSTED
    return _transaction(
        row,
        _side(row),
        raw_type=kind or "Trade",
        status=TransactionStatus.CANCELED if canceled else status,
        broker_id=(row.text("ibExecID") or "").rpartition(".")[0] or row.text("tradeID"),
        amount=_net(row),
        quantity=row.amount("quantity"),
        price=row.figure("tradePrice"),
    )


def _side(row: FlexRow) -> TransactionType:
    if row.text("assetCategory") == "CASH":
        return TransactionType.FX_CONVERSION
    match (row.text("buySell") or "").split(" ")[0]:
        case "BUY":
            return TransactionType.BUY
        case "SELL":
            return TransactionType.SELL
    return TransactionType.OTHER_TRADE


def _net(row: FlexRow) -> Decimal | None:
    """With commission and taxes, where those are in the same currency."""
    net = row.figure("netCash")
    proceeds = row.figure("proceeds")
    if net is not None or proceeds is None:
        return net
    same = row.text("ibCommissionCurrency") in {None, row.text("currency")}
    costs = (row.figure("ibCommission") if same else None, row.figure("taxes"))
    return sum((cost for cost in costs if cost is not None), proceeds)


def _cash(row: FlexRow) -> Transaction:
    raw, amount = row.text("type") or "", row.figure("amount")
    kind = _CASH.get(raw, TransactionType.OTHER)
    if raw.startswith("Deposits"):
        out = amount is not None and amount < 0
        kind = TransactionType.WITHDRAWAL if out else TransactionType.DEPOSIT
    if raw == "Dividends" and "return of capital" in row.words("description").lower():
        kind = TransactionType.RETURN_OF_CAPITAL
    return _transaction(row, kind, raw_type=raw, amount=amount)


def _transfer(row: FlexRow) -> Transaction:
    """Of a position, or of cash if there is none."""
    raw, into = row.text("type") or "", row.text("direction") != "OUT"
    quantity, cash = row.amount("quantity"), row.figure("cashTransfer")
    if not quantity:
        kind = TransactionType.ACATS_CASH if raw == "ACATS" else TransactionType.JOURNAL_CASH
        return _transaction(row, kind, raw_type=raw, amount=cash)
    kind = TransactionType.ASSET_IN if into else TransactionType.ASSET_OUT
    signed = abs(quantity) if into else -abs(quantity)
    return _transaction(row, kind, raw_type=raw, quantity=signed, amount=cash or None)


def _event(row: FlexRow) -> Transaction | None:
    """What became of an option; the trades that followed are among the trades."""
    kind = _EVENTS.get(raw := row.text("transactionType") or "")
    if kind is None:
        return None
    return _transaction(
        row, kind, raw_type=raw, quantity=row.amount("quantity"), amount=row.figure("proceeds")
    )


def _action(row: FlexRow) -> Transaction:
    raw = row.text("type") or ""
    return _transaction(
        row,
        _ACTIONS.get(raw, TransactionType.OTHER_CORPORATE_ACTION),
        raw_type=raw,
        quantity=row.amount("quantity"),
        amount=row.figure("proceeds"),
    )


def _tax(row: FlexRow) -> Transaction:
    kind = TransactionType.FEE
    return _transaction(
        row, kind, raw_type=row.text("taxDescription") or "tax", amount=row.figure("taxAmount")
    )


_READERS: Mapping[str, Callable[[FlexRow], Transaction | None]] = {
    "Trade": _trade,
    "CashTransaction": _cash,
    "Transfer": _transfer,
    "OptionEAE": _event,
    "CorporateAction": _action,
    "TransactionTax": _tax,
}


def _transaction(
    row: FlexRow,
    kind: TransactionType,
    *,
    raw_type: str,
    broker_id: str | None = None,
    status: TransactionStatus = TransactionStatus.POSTED,
    amount: Decimal | None = None,
    quantity: Decimal | None = None,
    price: Decimal | None = None,
) -> Transaction:
    at = moment_in(row)
    return Transaction(
        broker_id=broker_id or row.text("transactionID", "tradeID") or row.fingerprint,
        type=kind,
        raw_type=raw_type,
        status=status,
        raw_status="",
        at=at,
        day=at.astimezone(NEW_YORK).date(),
        currency=row.need_text("currency"),
        amount=amount,
        instrument=instrument_in(row),
        quantity=quantity,
        price=price,
        broker_order_id=row.text("ibOrderID"),
        description=row.words("activityDescription") or row.words("description"),
    )


def _days(part: Any, currency: str | None) -> Iterable[EquityPoint]:
    """What the account was worth; of a query that does not tell in what currency, nothing."""
    for element in part.iter("EquitySummaryByReportDateInBase"):
        row = FlexRow(element.attrib, "the summary")
        told, day = row.text("currency") or currency, day_of(row.text("reportDate") or "")
        total = row.figure("total")
        if told is None or day is None or total is None:
            continue
        yield EquityPoint(
            at=datetime.combine(day, _CLOSE, NEW_YORK).astimezone(UTC),
            equity=total,
            currency=told,
            source=EquitySource.BROKER,
            day=day,
        )
