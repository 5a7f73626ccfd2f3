"""The portfolio: equal to its parts, and nothing lost without a word."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account import Account, AccountStatus, AccountType, Balance, Environment
from domain.adding import Owned, portfolio
from domain.holding import Holding, Mark, MarkSource, Position, value
from domain.ids import AccountId, ConnectionId, InstrumentId
from domain.instrument import AssetClass, Instrument
from domain.portfolio import LeftOutReason, Portfolio, Slice
from domain.rates import Money, Rates, RateSource, ReferenceRates, reference_rates

NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)
ECB = ReferenceRates(
    day=date(2026, 5, 29),
    per_euro={"EUR": Decimal(1), "USD": Decimal("1.25"), "GBP": Decimal("0.8")},
)
RATES = Rates.of(Money(reference=ECB), [])
USD_ONLY = Rates.of(Money(), [])


def account(id: str, environment: Environment = Environment.PAPER, broker: str = "a") -> Account:
    return Account(
        id=AccountId(id),
        connection_id=ConnectionId("c"),
        broker=broker,
        environment=environment,
        masked_number="•••1",
        type=AccountType.CASH,
        raw_type="",
        currency="USD",
        status=AccountStatus.OPEN,
        raw_status="",
    )


def stock(symbol: str, currency: str = "USD") -> Instrument:
    return Instrument(asset_class=AssetClass.EQUITY, symbol=symbol, currency=currency)


def mark(id: str, price: str, currency: str = "USD", close: str | None = None) -> Mark:
    return Mark(
        instrument_id=InstrumentId(id),
        price=Decimal(price),
        currency=currency,
        as_of=NOW,
        source=MarkSource.QUOTE,
        previous_close=None if close is None else Decimal(close),
    )


def position(
    owner: str,
    instrument: Instrument,
    quantity: str,
    price: str | None,
    cost: str | None = None,
    close: str | None = None,
) -> Position:
    holding = Holding(
        instrument=instrument,
        quantity=Decimal(quantity),
        currency=instrument.currency,
        cost_basis=None if cost is None else Decimal(cost),
    )
    priced = price and mark(instrument.id, price, instrument.currency, close)
    valuation = value(holding, priced) if priced else None
    return Position(account_id=AccountId(owner), holding=holding, valuation=valuation)


def cash(**amounts: str) -> tuple[Balance, ...]:
    return tuple(Balance(currency=code, cash=Decimal(each)) for code, each in amounts.items())


def axes(found: Portfolio) -> list[tuple[Slice, ...]]:
    return [
        found.by_broker,
        found.by_account,
        found.by_asset_class,
        found.by_currency,
        found.by_instrument,
    ]


def exactly(values: Iterable[Decimal]) -> Fraction:
    return sum(map(Fraction, values), Fraction())


amounts = st.decimals(-(10**12), 10**12, places=18, allow_nan=False, allow_infinity=False)
currencies = st.sampled_from(["USD", "EUR", "GBP", "GBX", "JPY", "USDC"])


@st.composite
def owned(draw: st.DrawFn) -> Owned:
    accounts = [account(f"a{n}", broker=draw(st.sampled_from("xy"))) for n in range(3)]
    balances = {
        each.id: [
            Balance(currency=draw(currencies), cash=draw(amounts))
            for _ in range(draw(st.integers(0, 3)))
        ]
        for each in accounts
    }
    positions = [
        position(
            draw(st.sampled_from(accounts)).id,
            stock(f"S{n}", draw(currencies)),
            str(draw(amounts)),
            draw(st.none() | amounts.map(lambda price: str(abs(price)))),
            draw(st.none() | amounts.map(str)),
        )
        for n in range(draw(st.integers(0, 4)))
    ]
    return Owned(accounts=accounts, balances=balances, positions=positions)


@given(owned(), currencies)
def test_the_total_equals_the_sum_of_its_parts_to_the_last_decimal(all_: Owned, base: str) -> None:
    found = portfolio(all_, RATES, base, NOW)
    assert exactly(part.value for part in found.parts) == Fraction(found.value)
    for axis in axes(found):
        assert exactly(each.value for each in axis) == Fraction(found.value)
    counted = len(found.parts)
    missing = [
        one
        for one in found.left_out
        if one.reason in {LeftOutReason.NO_PRICE, LeftOutReason.NO_RATE}
    ]
    there = len(all_.positions) + sum(
        balance.cash != 0 or RATES.rate(balance.currency, base) is not None
        for each in all_.balances.values()
        for balance in each
    )
    assert counted + len(missing) == there


def test_three_currencies_of_which_one_has_no_rate() -> None:
    all_ = Owned(
        accounts=[account("a")],
        balances={AccountId("a"): cash(USD="125", EUR="50", JPY="1000")},
        positions=[
            position("a", stock("BARC", "GBX"), "100", "170", cost="15000", close="160"),
            position("a", stock("AAPL"), "1", None),
        ],
    )
    found = portfolio(all_, RATES, "EUR", NOW)
    assert found.cash == Decimal(150)
    assert found.value == Decimal(150) + Decimal("212.5")
    assert found.unrealized_pnl == Decimal(25)
    assert found.day_change == Decimal("12.5")
    assert {(rate.currency, rate.source) for rate in found.rates} == {
        ("USD", RateSource.ECB),
        ("GBX", RateSource.ECB),
    }
    assert {(one.currency, one.reason) for one in found.left_out} == {
        ("JPY", LeftOutReason.NO_RATE),
        ("USD", LeftOutReason.NO_PRICE),
    }


def test_paper_is_never_added_to_real_money_unless_asked() -> None:
    live, paper = account("l", Environment.LIVE), account("p", Environment.PAPER)
    balances = {live.id: cash(USD="1"), paper.id: cash(USD="10")}
    all_ = Owned(accounts=[live, paper], balances=balances, positions=[])
    both = frozenset({Environment.LIVE, Environment.PAPER})
    assert portfolio(all_, USD_ONLY, "USD", NOW).value == 1
    assert portfolio(all_, USD_ONLY, "USD", NOW, both).value == 11
    only_paper = Owned(accounts=[paper], balances=balances, positions=[])
    assert portfolio(only_paper, USD_ONLY, "USD", NOW).environments == {Environment.PAPER}


def test_an_account_that_is_handed_in_twice_counts_once() -> None:
    one = account("a")
    all_ = Owned(accounts=[one, one], balances={one.id: cash(USD="7")}, positions=[])
    assert portfolio(all_, USD_ONLY, "USD", NOW).value == 7


def test_what_nobody_keeps_current_is_left_out_and_listed() -> None:
    one = account("a")
    all_ = Owned(
        accounts=[one],
        balances={one.id: cash(USD="7")},
        positions=[position("a", stock("AAPL"), "1", "5")],
        disconnected=frozenset({one.id}),
    )
    found = portfolio(all_, USD_ONLY, "USD", NOW)
    assert found.value == 0
    assert found.accounts == frozenset()
    assert [each.reason for each in found.left_out] == [LeftOutReason.DISCONNECTED]


def test_a_figure_of_which_nothing_is_known_is_not_zero() -> None:
    one = account("a")
    all_ = Owned(accounts=[one], balances={}, positions=[position("a", stock("AAPL"), "1", "5")])
    found = portfolio(all_, USD_ONLY, "USD", NOW)
    assert found.value == 5
    assert found.day_change is None
    assert found.unrealized_pnl is None
    assert {each.reason for each in found.left_out} == {
        LeftOutReason.NO_COST,
        LeftOutReason.NO_PREVIOUS_CLOSE,
    }
    empty = portfolio(Owned(accounts=[one], balances={}, positions=[]), USD_ONLY, "USD", NOW)
    assert empty.value == 0
    assert empty.day_change == 0


def test_parts_too_fine_to_be_added_exactly_are_rounded_before_they_are_added() -> None:
    fine = position("a", stock("AAPL"), "0.000000000000000001", "0.000000000000000003")
    huge = position("a", stock("MSFT"), "9" * 18 + ".5", "9" * 18 + ".5")
    found = portfolio(
        Owned(accounts=[account("a")], balances={}, positions=[fine, huge]), RATES, "EUR", NOW
    )
    assert exactly(part.value for part in found.parts) == Fraction(found.value)
    assert found.parts[0].value == 0


def test_a_coin_is_a_dollar_only_by_setting() -> None:
    assert USD_ONLY.rate("USDC", "USD") is None
    rate = Rates.of(Money(dollar_coins=frozenset({"USDC"})), []).rate("USDC", "USD")
    assert rate is not None
    assert rate.rate == 1
    assert rate.source is RateSource.SETTING


def test_a_brokers_own_rate_goes_before_the_reference() -> None:
    told = [mark("FX:EUR/USD::USD", "1.6"), mark("CRYPTO:BTC", "60000")]
    rates = Rates.of(Money(reference=ECB), told)
    direct, inverse, coin = (
        rates.rate(*pair) for pair in (("EUR", "USD"), ("USD", "EUR"), ("BTC", "USD"))
    )
    assert direct is not None
    assert (direct.rate, direct.source, direct.as_of) == (Decimal("1.6"), RateSource.BROKER, NOW)
    assert inverse is not None
    assert inverse.rate == Decimal("0.625")
    assert coin is not None
    assert coin.rate == 60_000


@pytest.mark.parametrize("quote", ["'", '"'])
def test_the_ecbs_file_is_read_and_anything_else_is_not(quote: str) -> None:
    text = """<gesmes:Envelope><Cube><Cube time='2026-05-29'>
      <Cube currency='USD' rate='1.2500'/><Cube currency='GBP' rate='0.80000'/>
      <Cube currency='XXX' rate='0'/></Cube></Cube></gesmes:Envelope>""".replace("'", quote)
    found = reference_rates(text)
    assert found is not None
    assert (found.day, dict(found.per_euro)) == (ECB.day, dict(ECB.per_euro))
    for other in ("", "<html>", text.replace("time=", "when="), text.replace("05-29", "05-99")):
        assert reference_rates(other) is None


def test_numbers_beyond_all_reason_break_nothing() -> None:
    huge = "9" * 20
    all_ = Owned(
        accounts=[account("a")],
        balances={},
        positions=[position("a", stock("AAPL"), huge, huge, cost="1")],
    )
    assert portfolio(all_, RATES, "EUR", NOW).value > 0


@pytest.mark.parametrize(
    "kind", [AssetClass.FUTURE, AssetClass.PERPETUAL, AssetClass.CFD, AssetClass.FX]
)
def test_what_is_settled_in_cash_is_not_counted_twice(kind: AssetClass) -> None:
    future = Instrument(asset_class=kind, symbol="F", currency="USD", multiplier=Decimal(50))
    held = position("a", future, "2", "6700", cost="669000", close="6690")
    all_ = Owned(
        accounts=[account("a")],
        balances={AccountId("a"): cash(USD="1000")},
        positions=[held],
    )
    found = portfolio(all_, RATES, "USD", NOW)
    assert found.value == 1000
    assert found.unrealized_pnl == 1000
    assert found.day_change == 1000
    assert held.valuation
    assert held.valuation.market_value == 670_000
