"""A Gateway's accounts and positions as our values.

Figures come as (tag, value, currency) rows: cash has one for each currency and one, BASE, for all
(account values recorded by NautilusTrader, 2025).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from brokers.ibkr import said
from brokers.wire import rounded
from domain.account import AccountReport, AccountStatus, AccountType, AccountValuation, Balance
from domain.errors import Unintelligible
from domain.holding import CostSource, Holding, Mark, MarkSource
from domain.instrument import AssetClass, Instrument
from domain.money import EXACT, ZERO, decimal_of, finest, times

_ALL = "BASE"
_FINE = Decimal("1e-9")


class Figures:
    """All rows of one account; a later row takes the place of an earlier one."""

    def __init__(self, account: str, rows: Iterable[said.Value]) -> None:
        self.account = account
        self._rows: dict[tuple[str, str], str] = {}
        for row in rows:
            if row.account == account:
                self._rows[row.tag, row.currency] = row.text

    def text(self, tag: str) -> str:
        """Of any currency."""
        return next((text for (name, _), text in self._rows.items() if name == tag), "")

    def currencies(self, tag: str) -> Sequence[str]:
        """Those that it is told in, but for the sum of all."""
        return [each for name, each in self._rows if name == tag and each not in {_ALL, ""}]

    def amount(self, tag: str, currency: str) -> Decimal | None:
        """In one currency; None if it is not told or not readable."""
        return decimal_of(self._rows.get((tag, currency)))

    def figure(self, tag: str, currency: str) -> Decimal | None:
        """As `amount`, for what was worked out."""
        return rounded(self._rows.get((tag, currency)))

    @property
    def base(self) -> str:
        """The currency that the account is kept in."""
        found = self.currencies("NetLiquidation")
        if not found:
            raise Unintelligible("the Gateway does not say in what currency the account is")
        return found[0]


def is_paper(number: str) -> bool:
    """Whether an account is for play: those begin with D (DU, DF, DI)."""
    return number.startswith("D")


def account(figures: Figures) -> AccountReport:
    """Who the account is."""
    raw_type, trading = figures.text("AccountType"), figures.text("TradingType-S")
    ready = figures.text("AccountReady") or None
    return AccountReport(
        number=figures.account,
        type=_type(raw_type.upper(), trading.upper()),
        raw_type=" ".join(filter(None, (raw_type, trading))),
        currency=figures.base,
        status=AccountStatus.UNKNOWN if ready == "false" else AccountStatus.OPEN,
        raw_status="" if ready is None else f"AccountReady {ready}",
    )


def _type(kind: str, trading: str) -> AccountType:
    if "IRA" in kind or "RETIREMENT" in kind:
        return AccountType.RETIREMENT
    if "MRGN" in trading or "MARGIN" in trading:
        return AccountType.MARGIN
    return AccountType.CASH if "CASH" in trading else AccountType.OTHER


def balances(figures: Figures) -> tuple[Balance, ...]:
    """Cash of each currency, what futures have gained or lost since their last settlement in it.

    Of a currency with nothing in it only the account's own is told.
    """
    found = []
    for currency in figures.currencies("CashBalance"):
        cash = figures.figure("TotalCashBalance", currency)
        cash = figures.figure("CashBalance", currency) if cash is None else cash
        if cash is None:
            raise Unintelligible(f"the Gateway's {currency} balance is not a number")
        if cash or currency == figures.base:
            settled = figures.figure("SettledCash", currency)
            found.append(Balance(currency=currency, cash=cash, settled=settled))
    if not found:
        raise Unintelligible("the Gateway does not tell the account's cash")
    return tuple(found)


def valuation(figures: Figures, as_of: datetime) -> AccountValuation:
    """What Interactive Brokers says the account is worth; as of when we asked."""
    base = figures.base
    return AccountValuation(
        currency=base,
        as_of=as_of,
        equity=figures.figure("NetLiquidation", base),
        net_liquidation=figures.figure("NetLiquidation", base),
        buying_power=figures.figure("BuyingPower", base),
        last_equity=figures.figure("PreviousDayEquityWithLoanValue", base),
        initial_margin=figures.figure("InitMarginReq", base),
        maintenance_margin=figures.figure("MaintMarginReq", base),
        long_market_value=figures.figure("GrossPositionValue", base),
    )


def rates(figures: Figures, as_of: datetime) -> tuple[Mark, ...]:
    """What Interactive Brokers converts the account's currencies at, as prices of currency pairs.

    `ExchangeRate` is told for each currency, in units of the account's own (API guide, 2026-06).
    """
    base = figures.base
    told = {one: figures.amount("ExchangeRate", one) for one in figures.currencies("ExchangeRate")}
    return tuple(
        Mark(
            instrument_id=_pair(currency, base).id,
            price=rate,
            currency=base,
            as_of=as_of,
            source=MarkSource.SNAPSHOT,
        )
        for currency, rate in told.items()
        if rate is not None and rate > 0 and currency != base
    )


def _pair(currency: str, base: str) -> Instrument:
    return Instrument(asset_class=AssetClass.FX, symbol=f"{currency}/{base}", currency=base)


def holding(position: said.Position, instrument: Instrument) -> Holding:
    """What is held; its average cost comes with the multiplier in it, which is taken out."""
    cost = position.average_cost
    return Holding(
        instrument=instrument,
        quantity=position.quantity,
        currency=instrument.currency,
        average_cost=None if cost is None else _per_unit(cost, instrument),
        cost_basis=None if cost is None else finest(times(cost, position.quantity)),
        cost_source=CostSource.UNKNOWN if cost is None else CostSource.BROKER,
        available=position.quantity,
    )


def mark(
    instrument: Instrument, profit: said.Profit, as_of: datetime, *, traded_today: bool
) -> Mark | None:
    """The price that a position's live value comes to; None where none is told.

    The close before is what the day's profit started from, unless the position changed today.
    """
    if not profit.position or profit.value is None or instrument.multiplier == ZERO:
        return None
    size = times(profit.position, instrument.multiplier)
    before = None if profit.daily is None else EXACT.subtract(profit.value, profit.daily)
    return Mark(
        instrument_id=instrument.id,
        price=_ratio(profit.value, size),
        currency=instrument.currency,
        as_of=as_of,
        source=MarkSource.STREAM,
        previous_close=None if before is None or traded_today else _ratio(before, size),
    )


def latest(rows: Iterable[said.Position]) -> Mapping[tuple[str, int], said.Position]:
    """The last word on each account's position in a contract."""
    return {(row.account, row.contract.con_id): row for row in rows}


def _per_unit(cost: Decimal, instrument: Instrument) -> Decimal:
    return cost if instrument.multiplier == ZERO else _ratio(cost, instrument.multiplier)


def _ratio(amount: Decimal, size: Decimal) -> Decimal:
    """To the ninth decimal, without the zeros that dividing left."""
    bare = EXACT.divide(amount, size).quantize(_FINE, context=EXACT).normalize(EXACT)
    return bare.quantize(Decimal(1)) if bare == bare.to_integral_value() else bare
