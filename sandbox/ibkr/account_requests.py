"""Accounts: positions, values, portfolio, summaries and gains, asked for and pushed."""

from decimal import Decimal

from sandbox.account import Account
from sandbox.ibkr import account_values, notices
from sandbox.ibkr.account_values import Row
from sandbox.ibkr.notices import Refusal
from sandbox.ibkr.positions import Position
from sandbox.ibkr.session import Handler, Session
from sandbox.ibkr.wire import UNSET, Fields, Value

_MOST_SUMMARIES = 2
_CENT = Decimal("0.01")


# What is asked


def managed_accounts(session: Session, _: Fields) -> None:
    """15: the accounts of the login, with a comma after the last of several."""
    numbers = list(session.gateway.accounts)
    session.send(15, 1, ",".join(numbers) + ("," if len(numbers) > 1 else ""))


def positions(session: Session, _: Fields) -> None:
    """61: all of all accounts, and from now on every change."""
    session.wants_positions = True
    for account in session.gateway.accounts.values():
        for one in session.gateway.positions.of(account):
            session.send(61, 3, account.number, *_position(one))
    session.send(62, 1)


def cancel_positions(session: Session, _: Fields) -> None:
    """64."""
    session.wants_positions = False


def positions_multi(session: Session, fields: Fields) -> None:
    """74: those of one account."""
    fields.text()
    request, account = fields.count(), _account(session, fields.text())
    for one in session.gateway.positions.of(account):
        session.send(71, 1, request, account.number, *_position(one), "")
    session.send(72, 1, request)


def account_updates(session: Session, fields: Fields) -> None:
    """6: the values and the portfolio of one account, and from now on their changes."""
    fields.text()
    wanted = fields.flag()
    session.account_updates = _account(session, fields.text()) if wanted else None
    account = session.account_updates
    if account is None:
        return
    _send_values(session, account)
    for one in session.gateway.positions.of(account):
        session.send(7, 8, *_portfolio(one), account.number)
    session.send(8, 1, f"{session.gateway.exchange.time():%H:%M}")
    session.send(54, 1, account.number)


def updates_multi(session: Session, fields: Fields) -> None:
    """76: the values of one account, for any number of them at a time."""
    fields.text()
    request, account = fields.count(), _account(session, fields.text())
    session.updates_multi[request] = account
    _send_multi(session, request, account)
    session.send(74, 1, request)


def cancel_updates_multi(session: Session, fields: Fields) -> None:
    """77."""
    fields.text()
    session.updates_multi.pop(fields.count(), None)


def summary(session: Session, fields: Fields) -> None:
    """62: some of the values of all accounts; two such requests at a time."""
    fields.text()
    request = fields.count()
    fields.text()
    if len(session.summaries) >= _MOST_SUMMARIES:
        raise Refusal(notices.TOO_MANY_SUMMARIES.code, notices.TOO_MANY_SUMMARIES.message)
    session.summaries[request] = fields.text().split(",")
    for account in session.gateway.accounts.values():
        for tag, value, currency in _rows(session, account):
            if tag in session.summaries[request] and currency != "BASE":
                session.send(63, 1, request, account.number, tag, value, currency)
    session.send(64, 1, request)


def cancel_summary(session: Session, fields: Fields) -> None:
    """63."""
    fields.text()
    session.summaries.pop(fields.count(), None)


def pnl(session: Session, fields: Fields) -> None:
    """92: what an account gains, told whenever prices move."""
    request = fields.count()
    session.pnl[request] = _account(session, fields.text())
    _send_gain(session, request)


def cancel_pnl(session: Session, fields: Fields) -> None:
    """93."""
    session.pnl.pop(fields.count(), None)


def pnl_single(session: Session, fields: Fields) -> None:
    """94: what one position gains, told whenever prices move."""
    request, account = fields.count(), _account(session, fields.text())
    fields.text()
    contract = session.gateway.catalog.by_id.get(fields.count())
    if contract is None:
        raise Refusal(notices.UNKNOWN_CONTRACT.code, notices.UNKNOWN_CONTRACT.message)
    session.pnl_single[request] = (account, contract)
    _send_single_gain(session, request)


def cancel_pnl_single(session: Session, fields: Fields) -> None:
    """95."""
    session.pnl_single.pop(fields.count(), None)


HANDLERS: dict[str, Handler] = {
    "6": account_updates,
    "17": managed_accounts,
    "61": positions,
    "62": summary,
    "63": cancel_summary,
    "64": cancel_positions,
    "74": positions_multi,
    "75": lambda _, __: None,
    "76": updates_multi,
    "77": cancel_updates_multi,
    "92": pnl,
    "93": cancel_pnl,
    "94": pnl_single,
    "95": cancel_pnl_single,
}

# What is pushed


def push_position(session: Session, account: Account, symbol: str) -> None:
    """After a trade: the position, be it flat, and its portfolio row."""
    one = session.gateway.positions.one(account, symbol)
    if session.wants_positions:
        session.send(61, 3, account.number, *_position(one))
    if session.account_updates is account:
        session.send(7, 8, *_portfolio(one), account.number)


def push_values(session: Session, account: Account) -> None:
    """After a trade: the account's values."""
    if session.account_updates is account:
        _send_values(session, account)
        session.send(8, 1, f"{session.gateway.exchange.time():%H:%M}")
    for request, wanted in session.updates_multi.items():
        if wanted is account:
            _send_multi(session, request, account)


def push_gains(session: Session) -> None:
    """After a trade, or a move of prices."""
    for request in session.pnl:
        _send_gain(session, request)
    for request in session.pnl_single:
        _send_single_gain(session, request)


def _send_values(session: Session, account: Account) -> None:
    for row in _rows(session, account):
        session.send(6, 2, *row, account.number)


def _send_multi(session: Session, request: int, account: Account) -> None:
    for tag, value, currency in _rows(session, account):
        session.send(73, 1, request, account.number, "", tag, value, currency)


def _send_gain(session: Session, request: int) -> None:
    account, market = session.pnl[request], session.gateway.exchange.market
    held = session.gateway.positions.of(account)
    rate = {one.contract.currency: market.rate(one.contract.currency) for one in held}
    daily = sum((one.daily * rate[one.contract.currency] for one in held), Decimal(0))
    unrealized = sum((one.unrealized * rate[one.contract.currency] for one in held), Decimal(0))
    realized = session.gateway.positions.realized(account)
    session.send(94, request, round(daily, 2), round(unrealized, 2), round(realized, 2))


def _send_single_gain(session: Session, request: int) -> None:
    account, contract = session.pnl_single[request]
    one = session.gateway.positions.one(account, contract.market_symbol)
    gains = (one.daily, one.unrealized, one.realized, one.value)
    told = [round(gain, 2) for gain in gains] if one.quantity else [Decimal(0), UNSET, UNSET, 0]
    session.send(95, request, one.quantity, *told)


def _account(session: Session, number: str) -> Account:
    """The account that is named, or the first if none is."""
    accounts = session.gateway.accounts
    name = number or next(iter(accounts))
    if name not in accounts:
        raise notices.invalid(f"Invalid account code '{name}'.")
    return accounts[name]


def _rows(session: Session, account: Account) -> list[Row]:
    gateway = session.gateway
    realized = gateway.positions.realized(account)
    base = gateway.bases[account.number]
    return account_values.rows(account, gateway.exchange.market, base, realized)


def _position(one: Position) -> tuple[Value, ...]:
    contract = one.contract
    return (*contract.block(contract.listing, strike="0.0"), one.quantity, one.average)


def _portfolio(one: Position) -> tuple[Value, ...]:
    contract = one.contract
    return (
        *contract.block(contract.exchange, strike="0", right="0"),
        one.quantity,
        one.price,
        one.value.quantize(_CENT),
        one.average,
        one.unrealized.quantize(_CENT),
        one.realized.quantize(_CENT),
    )
