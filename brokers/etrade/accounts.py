"""E*TRADE's accounts and balances as our values."""

from datetime import datetime

from brokers.etrade import words
from brokers.wire import Row
from domain.account import AccountReport, AccountStatus, AccountType, AccountValuation, Balance

_DOLLARS = "USD"


def listed(body: Row) -> tuple[Row, ...]:
    """The accounts of an answer; none at all is an empty one."""
    response = body.row("accountListResponse")
    accounts = response.row("accounts") if response else None
    return accounts.rows("account") if accounts else ()


def account(row: Row) -> AccountReport:
    """Who the account is: known by its number, as its key may change with a sign-in."""
    mode, kind = row.text("accountMode") or "", row.text("accountType") or ""
    raw_status = row.text("accountStatus") or ""
    retirement = "IRA" in kind or "401" in kind
    known = words.ACCOUNT_MODE.get(mode, AccountType.OTHER)
    return AccountReport(
        number=row.need_text("accountId"),
        type=AccountType.RETIREMENT if retirement else known,
        raw_type=" ".join(word for word in (mode, kind) if word),
        currency=_DOLLARS,
        status=words.ACCOUNT_STATUS.get(raw_status, AccountStatus.UNKNOWN),
        raw_status=raw_status,
    )


def balances(response: Row) -> tuple[Balance, ...]:
    """The cash: negative if borrowed. Cash and margin accounts tell different parts of it."""
    computed, cash = _part(response, "computed"), _part(response, "cash")
    told = computed.amount("netCash", "cashBalance")
    return (
        Balance(
            currency=_DOLLARS,
            cash=cash.need_amount("cashBalance") if told is None else told,
            settled=computed.amount("settledCashForInvestment"),
            unsettled=computed.amount("unSettledCashForInvestment"),
            held_for_orders=cash.amount("fundsForOpenOrdersCash"),
        ),
    )


def valuation(response: Row, as_of: datetime) -> AccountValuation:
    """What E*TRADE says it is worth; it does not say as of when, so it is when we asked."""
    computed = _part(response, "computed")
    live = _part(computed, "realTimeValues")
    told = live.figure("totalAccountValue")
    worth = computed.figure("realTimeAccountValue", "accountBalance") if told is None else told
    return AccountValuation(
        currency=_DOLLARS,
        as_of=as_of,
        equity=worth,
        net_liquidation=worth,
        buying_power=computed.figure(
            "marginBuyingPower", "cashBuyingPower", "cashAvailableForInvestment"
        ),
        long_market_value=live.figure("netMvLong"),
        short_market_value=live.figure("netMvShort"),
    )


def _part(row: Row, name: str) -> Row:
    return row.row(name) or Row({}, name)


def is_open(report: AccountReport) -> bool:
    """Whether anything can still be asked of it."""
    return report.status is not AccountStatus.CLOSED
