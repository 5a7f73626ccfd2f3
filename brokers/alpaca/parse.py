"""Alpaca's accounts, positions and fills as our values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from brokers.alpaca import words
from brokers.alpaca.symbols import holding_of
from brokers.wire import Row
from domain.account import AccountReport, AccountStatus, AccountType, AccountValuation, Balance
from domain.holding import CostSource, Holding, Mark, MarkSource
from domain.instrument import Instrument
from domain.money import ZERO
from domain.ticket_options import Increments

_BLOCKS = ("trading_blocked", "transfers_blocked", "account_blocked", "trade_suspended_by_user")
_NO_TRADING = frozenset({"trading_blocked", "account_blocked"})


def account(row: Row) -> AccountReport:
    """Who the account is; the oldest bodies have an id and no number."""
    raw_status, multiplier = row.text("status") or "", row.text("multiplier") or ""
    status = words.ACCOUNT_STATUS.get(raw_status, AccountStatus.UNKNOWN)
    restrictions = tuple(name for name in _BLOCKS if row.flag(name))
    if status is AccountStatus.OPEN and _NO_TRADING.intersection(restrictions):
        status = AccountStatus.RESTRICTED
    return AccountReport(
        number=row.need_text("account_number", "id"),
        type=words.ACCOUNT_TYPE.get(multiplier, AccountType.OTHER),
        raw_type=f"multiplier {multiplier}" if multiplier else "",
        currency=row.need_text("currency"),
        status=status,
        raw_status=raw_status,
        restrictions=restrictions,
    )


def balances(row: Row) -> tuple[Balance, ...]:
    """The cash of an account: one currency, negative if borrowed."""
    return (Balance(currency=row.need_text("currency"), cash=row.need_amount("cash")),)


def valuation(row: Row, as_of: datetime) -> AccountValuation:
    """What Alpaca says the account is worth; it does not say as of when, so it is when we asked."""
    return AccountValuation(
        currency=row.need_text("currency"),
        as_of=as_of,
        equity=row.figure("equity", "portfolio_value"),
        net_liquidation=row.figure("portfolio_value", "equity"),
        buying_power=row.figure("buying_power"),
        last_equity=row.figure("last_equity"),
        initial_margin=row.figure("initial_margin"),
        maintenance_margin=row.figure("maintenance_margin"),
        long_market_value=row.figure("long_market_value"),
        short_market_value=row.figure("short_market_value"),
    )


def holding(row: Row, account_currency: str) -> Holding:
    """One position; an unreadable quantity is Unintelligible, never zero."""
    short = row.text("side") == "short"
    figures, currency = _figures(row, account_currency)
    average = figures.figure("avg_entry_price", "entry_price")
    cost = _signed(figures.figure("cost_basis"), short=short)
    known = average is not None or cost is not None
    return Holding(
        instrument=_instrument(row),
        quantity=_signed(row.need_amount("qty"), short=short) or ZERO,
        currency=currency,
        average_cost=average,
        cost_basis=cost,
        cost_source=CostSource.BROKER if known else CostSource.UNKNOWN,
        available=_signed(row.amount("qty_available"), short=short),
    )


def mark(row: Row, account_currency: str, as_of: datetime) -> Mark | None:
    """The price that comes with a position; Alpaca sends null where it has none."""
    figures, currency = _figures(row, account_currency)
    price = figures.figure("current_price", "last_price")
    if price is None:
        return None
    return Mark(
        instrument_id=_instrument(row).id,
        price=price,
        currency=currency,
        as_of=as_of,
        source=MarkSource.SNAPSHOT,
        previous_close=figures.figure("lastday_price"),
    )


def _figures(row: Row, account_currency: str) -> tuple[Row, str]:
    """An account in another currency has positions in it, and in dollars under `usd`.

    Dollars are taken where they are, as prices come in them (SDK tests, 2023).
    """
    dollars = row.row("usd")
    return (row, account_currency) if dollars is None else (dollars, "USD")


def _instrument(row: Row) -> Instrument:
    """The oldest bodies name the asset by id alone (SDK tests, 2018)."""
    return holding_of(row.need_text("symbol", "asset_id"), row.text("asset_class"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """An execution as the account's activities list it; `cumulative` is the order's after it."""

    order_id: str
    activity_id: str
    quantity: Decimal
    price: Decimal
    cumulative: Decimal
    at: datetime


def fills(rows: Sequence[Row]) -> tuple[Fill, ...]:
    """The executions among activities; what else there is, and a fill without a number, is left."""
    found = (fill(row) for row in rows if row.text("activity_type") == "FILL")
    return tuple(one for one in found if one is not None)


def fill(row: Row) -> Fill | None:
    """One execution, None if it cannot be attributed: the order then shows it as unattributed."""
    order_id, activity_id = row.text("order_id"), row.text("id")
    quantity, price, cumulative = (row.amount(name) for name in ("qty", "price", "cum_qty"))
    at = row.moment("transaction_time")
    if not (order_id and activity_id and quantity and cumulative and at) or price is None:
        return None
    return Fill(
        order_id=order_id,
        activity_id=activity_id,
        quantity=quantity,
        price=price,
        cumulative=cumulative,
        at=at,
    )


def _signed(amount: Decimal | None, *, short: bool) -> Decimal | None:
    """Short positions come with a negative quantity; `side` says so too, and it is believed."""
    return -abs(amount) if short and amount is not None else amount


def increments(row: Row) -> Increments:
    """What an asset says of ordering it; of stocks it gives no steps."""
    return Increments(
        tradable=row.flag("tradable") if row.has("tradable") else None,
        fractional=row.flag("fractionable") if row.has("fractionable") else None,
        shortable=row.flag("shortable") if row.has("shortable") else None,
        tick=row.amount("price_increment"),
        lot=row.amount("min_trade_increment"),
        minimum=row.amount("min_order_size"),
    )
