"""An account's figures as the Gateway tells them: 63 tags, by currency, in total and by segment.

Tags as real accounts have them (recorded by others; reference of 2026-11-20). Amounts in total are
in the account's base currency; those by currency come for each currency, and summed up as BASE.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sandbox import valuation
from sandbox.account import Account
from sandbox.ibkr.positions import UNPAID
from sandbox.instruments import Kind
from sandbox.market import Market

Row = tuple[str, str, str]
"""Tag, value, currency (empty for what is no money)."""

ZERO = Decimal(0)
_MARKET_VALUES: Mapping[str, frozenset[Kind]] = {
    "StockMarketValue": frozenset({Kind.EQUITY, Kind.ABROAD}),
    "OptionMarketValue": frozenset({Kind.OPTION}),
    "FutureOptionValue": frozenset({Kind.FUTURE_OPTION}),
    "MutualFundValue": frozenset({Kind.FUND}),
    "TBondValue": frozenset({Kind.BOND}),
    "WarrantValue": frozenset({Kind.WARRANT}),
    "Cryptocurrency": frozenset({Kind.CRYPTO}),
}
_NOTHING_BY_CURRENCY = (
    "AccruedCash",
    "CorporateBondValue",
    "FundValue",
    "FxCashBalance",
    "IssuerOptionValue",
    "MoneyMarketFundValue",
    "NetDividend",
    "TBillValue",
)
_NOTHING = (
    "AccruedDividend",
    "Billable",
    "Guarantee",
    "IncentiveCoupons",
    "IndianStockHaircut",
    "NLVAndMarginInReview",
    "NetLiquidationUncertainty",
    "PASharesValue",
    "PhysicalCertificateValue",
    "PostExpirationExcess",
    "PostExpirationMargin",
    "TotalDebitCardPendingCharges",
)


@dataclass(slots=True)
class _Sums:
    """What there is in one currency."""

    cash: Decimal = ZERO
    unrealized: Decimal = ZERO
    futures: Decimal = ZERO
    values: dict[str, Decimal] = field(default_factory=dict)

    @property
    def net(self) -> Decimal:
        """All of it."""
        return self.cash + self.futures + sum(self.values.values(), ZERO)


def rows(account: Account, market: Market, base: str, realized: Decimal) -> list[Row]:
    """All of them, sorted by tag; `realized` is in USD."""
    sums = _sums(account, market)
    found = [
        ("AccountCode", account.number, ""),
        ("AccountReady", "true", ""),
        ("AccountType", "INDIVIDUAL", ""),
        ("WhatIfPMEnabled", "true", ""),
        ("DayTradesRemaining", "-1", ""),
        *_by_currency(sums, market, base, realized),
        *_totals(account, market, base),
        *((tag, "0.00", base) for tag in _NOTHING),
    ]
    return sorted(found, key=lambda row: row[0])


def _sums(account: Account, market: Market) -> dict[str, _Sums]:
    """By currency; what a future cost was never paid."""
    found = {"USD": _Sums(cash=account.cash)}
    for currency, amount in account.foreign.items():
        found.setdefault(currency, _Sums()).cash += amount
    for symbol, held in account.holdings.items():
        instrument = market.instruments[symbol]
        mine = found.setdefault(instrument.currency, _Sums())
        value = held.quantity * instrument.multiplier * market.quotes[symbol].last
        mine.unrealized += value - held.cost
        if instrument.kind in UNPAID:
            mine.cash += held.cost
            mine.futures += value - held.cost
            continue
        tag = next(tag for tag, kinds in _MARKET_VALUES.items() if instrument.kind in kinds)
        mine.values[tag] = mine.values.get(tag, ZERO) + value
    return found


def _by_currency(
    sums: Mapping[str, _Sums], market: Market, base: str, realized: Decimal
) -> Iterator[Row]:
    rates = {one: market.rate(one) / market.rate(base) for one in {*sums, base}}
    total = _Sums()
    for currency, one in sums.items():
        rate = rates[currency]
        total.cash += one.cash * rate
        total.unrealized += one.unrealized * rate
        total.futures += one.futures * rate
        for tag, value in one.values.items():
            total.values[tag] = total.values.get(tag, ZERO) + value * rate
    gained = realized / market.rate(base)
    yield from _of_currency("BASE", total, Decimal(1), gained)
    for currency in {base: None} | dict.fromkeys(sums):
        mine = sums.get(currency, _Sums())
        yield from _of_currency(
            currency, mine, rates[currency], gained if currency == base else ZERO
        )


def _of_currency(currency: str, one: _Sums, rate: Decimal, realized: Decimal) -> Iterator[Row]:
    yield "Currency", currency, currency
    yield "RealCurrency", currency, currency
    yield "AccountOrGroup", "All", currency
    yield "ExchangeRate", f"{rate:.6f}" if currency != "BASE" else "1.00", currency
    amounts = {
        "CashBalance": one.cash,
        "TotalCashBalance": one.cash + one.futures,
        "FuturesPNL": one.futures,
        "UnrealizedPnL": one.unrealized,
        "RealizedPnL": realized,
        "NetLiquidationByCurrency": one.net,
        **{tag: one.values.get(tag, ZERO) for tag in _MARKET_VALUES},
        **dict.fromkeys(_NOTHING_BY_CURRENCY, ZERO),
    }
    for tag, amount in amounts.items():
        yield tag, f"{amount:.2f}", currency


def _totals(account: Account, market: Market, base: str) -> Iterator[Row]:
    state = valuation.value(account, market)
    rate = market.rate(base)
    sums = _sums(account, market)
    cash = sum((one.cash * market.rate(currency) for currency, one in sums.items()), ZERO)
    gross = sum((abs(value) for one in sums.values() for value in one.values.values()), ZERO)
    amounts = {
        "NetLiquidation": state.equity,
        "EquityWithLoanValue": state.equity,
        "PreviousDayEquityWithLoanValue": account.previous_equity,
        "TotalCashValue": cash,
        "GrossPositionValue": gross,
        "InitMarginReq": state.requirement,
        "MaintMarginReq": state.requirement,
        "FullInitMarginReq": state.requirement,
        "FullMaintMarginReq": state.requirement,
        "LookAheadInitMarginReq": state.requirement,
        "LookAheadMaintMarginReq": state.requirement,
        "AvailableFunds": state.equity - state.requirement,
        "ExcessLiquidity": state.equity - state.requirement,
        "FullAvailableFunds": state.equity - state.requirement,
        "FullExcessLiquidity": state.equity - state.requirement,
        "LookAheadAvailableFunds": state.equity - state.requirement,
        "LookAheadExcessLiquidity": state.equity - state.requirement,
        "BuyingPower": state.buying_power,
        "RegTEquity": state.equity,
        "RegTMargin": state.requirement,
        "SMA": state.free,
    }
    for tag, amount in amounts.items():
        yield tag, f"{amount / rate:.2f}", base
    for tag in ("NetLiquidation", "TotalCashValue", "AvailableFunds", "BuyingPower"):
        yield f"{tag}-S", f"{amounts[tag] / rate:.2f}", base
        yield f"{tag}-C", "0.00", base
    share = (state.equity - state.requirement) / state.equity if state.equity else ZERO
    yield "Cushion", f"{share:.6f}", ""
    yield "Leverage-S", f"{gross / state.equity if state.equity else ZERO:.2f}", ""
    yield "LookAheadNextChange", "0", ""
    yield "SegmentTitle-C", "US Commodities", ""
    yield "TradingType-S", "STKNOPT", ""
