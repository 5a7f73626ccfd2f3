"""Adding up all that is owned: exact, each account once, and nothing lost without a word."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.account import Account, Balance, Environment
from domain.holding import Position
from domain.ids import AccountId
from domain.instrument import Instrument
from domain.money import ZERO, finest, times, total
from domain.portfolio import LeftOut, LeftOutReason, Part, Portfolio
from domain.rates import Rate, Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """All that there is to add up: each account once, whoever links it."""

    accounts: Sequence[Account]
    balances: Mapping[AccountId, Sequence[Balance]]
    positions: Sequence[Position]
    disconnected: frozenset[AccountId] = frozenset()


def portfolio(
    owned: Owned,
    rates: Rates,
    base: str,
    now: datetime,
    environments: frozenset[Environment] | None = None,
) -> Portfolio:
    """Add up accounts of these environments; of the most real one that there is, if None."""
    chosen = _usual(owned.accounts) if environments is None else environments
    sum_ = _Sum(rates, base)
    accounts = {each.id: each for each in owned.accounts if each.environment in chosen}
    for account in accounts.values():
        sum_.add_account(account, owned)
    for position in owned.positions:
        account_of = accounts.get(position.account_id)
        if account_of is not None and position.account_id not in owned.disconnected:
            sum_.add_position(account_of, position)
    return sum_.whole(chosen, now)


def _usual(accounts: Iterable[Account]) -> frozenset[Environment]:
    there = {account.environment for account in accounts}
    first = next((each for each in Environment if each in there), Environment.LIVE)
    return frozenset({first})


class _Sum:
    """Parts as they are added, the rates that they took, and what could not be added."""

    def __init__(self, rates: Rates, base: str) -> None:
        self._rates, self._base = rates, base
        self._used: dict[str, Rate] = {}
        self._parts: list[Part] = []
        self._left: list[LeftOut] = []
        self._accounts: set[AccountId] = set()

    def add_account(self, account: Account, owned: Owned) -> None:
        """Its cash, unless nobody keeps it current."""
        if account.id in owned.disconnected:
            self._leave(account, LeftOutReason.DISCONNECTED, account.currency)
            return
        self._accounts.add(account.id)
        for balance in owned.balances.get(account.id, ()):
            rate = self._rate(balance.currency)
            if rate is not None:
                self._parts.append(self._cash(account, balance, rate))
            elif balance.cash != 0:
                self._leave(account, LeftOutReason.NO_RATE, balance.currency, amount=balance.cash)

    def add_position(self, account: Account, position: Position) -> None:
        """A holding at its price; one that is settled in cash is in the cash already."""
        currency, worth = position.holding.currency, position.valuation
        rate = self._rate(currency)
        if worth is None or rate is None:
            reason = LeftOutReason.NO_PRICE if worth is None else LeftOutReason.NO_RATE
            self._leave_holding(account, reason, position)
            return
        if worth.day_change is None:
            self._leave_holding(account, LeftOutReason.NO_PREVIOUS_CLOSE, position)
        if worth.unrealized_pnl is None:
            self._leave_holding(account, LeftOutReason.NO_COST, position)
        instrument = position.holding.instrument
        counted = ZERO if instrument.settled_in_cash else worth.market_value
        self._parts.append(
            Part(
                account=account,
                currency=currency,
                instrument=instrument,
                amount=position.holding.quantity,
                worth=counted,
                value=_based(counted, rate),
                day_change=_maybe_based(worth.day_change, rate),
                unrealized_pnl=_maybe_based(worth.unrealized_pnl, rate),
                as_of=worth.as_of,
            )
        )

    def whole(self, environments: frozenset[Environment], now: datetime) -> Portfolio:
        """The sums."""
        parts = tuple(self._parts)
        return Portfolio(
            base=self._base,
            environments=environments,
            as_of=now,
            parts=parts,
            value=total([part.value for part in parts]),
            cash=total([part.value for part in parts if part.instrument is None]),
            day_change=_sum_known(part.day_change for part in parts if part.instrument),
            unrealized_pnl=_sum_known(part.unrealized_pnl for part in parts if part.instrument),
            rates=tuple(self._used[currency] for currency in sorted(self._used)),
            left_out=tuple(self._left),
            known_rates=self._rates,
            accounts=frozenset(self._accounts),
        )

    def _cash(self, account: Account, balance: Balance, rate: Rate) -> Part:
        return Part(
            account=account,
            currency=balance.currency,
            amount=balance.cash,
            worth=balance.cash,
            value=_based(balance.cash, rate),
        )

    def _rate(self, currency: str) -> Rate | None:
        rate = self._rates.rate(currency, self._base)
        if rate is not None and currency != self._base:
            self._used[currency] = rate
        return rate

    def _leave_holding(self, account: Account, reason: LeftOutReason, position: Position) -> None:
        holding = position.holding
        self._leave(account, reason, holding.currency, holding.instrument, holding.quantity)

    def _leave(
        self,
        account: Account,
        reason: LeftOutReason,
        currency: str,
        instrument: Instrument | None = None,
        amount: Decimal | None = None,
    ) -> None:
        self._left.append(
            LeftOut(
                account_id=account.id,
                reason=reason,
                currency=currency,
                instrument=instrument,
                amount=amount,
            )
        )


def _based(worth: Decimal, rate: Rate) -> Decimal:
    return finest(times(worth, rate.rate))


def _maybe_based(worth: Decimal | None, rate: Rate) -> Decimal | None:
    return None if worth is None else _based(worth, rate)


def _sum_known(figures: Iterable[Decimal | None]) -> Decimal | None:
    """Of nothing it is zero; of figures of which none is known it is not known."""
    told = list(figures)
    known = [figure for figure in told if figure is not None]
    return total(known) if known or not told else None
