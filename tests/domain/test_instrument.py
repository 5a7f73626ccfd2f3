"""One name for a thing, whatever a broker calls it."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instrument import AssetClass, Instrument, OptionRight, named, option_of


@pytest.mark.parametrize(
    "symbol",
    [
        "AAPL  260619C00200000",
        "AAPL260619C00200000",
        "aapl260619c00200000",
        "AAPL--260619C00200000",
    ],
)
def test_an_option_is_the_same_however_its_root_is_padded(symbol: str) -> None:
    option = option_of(symbol)
    assert option is not None
    assert option.symbol == "AAPL  260619C00200000"
    assert option.id == "OPTION:AAPL  260619C00200000"
    assert option.multiplier == 100
    assert option.option is not None
    assert option.option.underlying == "AAPL"
    assert (option.option.expiry, option.option.right) == (date(2026, 6, 19), OptionRight.CALL)
    assert option.option.strike == Decimal(200)


@given(
    st.from_regex(r"\A[A-Z]{1,6}\Z"),
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.sampled_from("CP"),
    st.integers(1, 99_999_999),
)
def test_every_option_symbol_round_trips(root: str, expiry: date, right: str, mills: int) -> None:
    symbol = f"{root:<6}{expiry:%y%m%d}{right}{mills:08}"
    option = option_of(symbol)
    assert option is not None
    assert option.option is not None
    assert option.symbol == symbol
    assert option.option.underlying == root
    assert option.option.expiry == expiry
    assert option.option.strike * 1000 == mills


@pytest.mark.parametrize(
    "symbol",
    [
        "",
        "AAPL",
        "AAPL260631C00200000",
        "AAPL261301C00200000",
        "TOOLONG260619C00200000",
        "AAPL260619X00200000",
    ],
)
def test_what_is_no_option_symbol_is_none(symbol: str) -> None:
    assert option_of(symbol) is None


@given(st.text())
def test_no_text_makes_it_fail(symbol: str) -> None:
    option_of(symbol)


def _instrument(
    asset_class: AssetClass, symbol: str, currency: str, mic: str | None = None
) -> Instrument:
    return Instrument(asset_class=asset_class, symbol=symbol, currency=currency, mic=mic)


def test_a_us_share_is_one_thing_on_every_venue_and_as_equity_or_fund() -> None:
    share = _instrument(AssetClass.EQUITY, "SPY", "USD", "XNYS")
    assert share.id == _instrument(AssetClass.ETF, "SPY", "USD", "ARCX").id == "EQUITY:SPY:USD"


def test_a_foreign_share_is_named_with_its_venue_and_currency() -> None:
    assert _instrument(AssetClass.EQUITY, "VOD", "GBP", "XLON").id == "EQUITY:VOD:XLON:GBP"


def test_a_pair_is_held_as_its_coin() -> None:
    pair = _instrument(AssetClass.CRYPTO, "BTC/USD", "USD")
    coin = _instrument(AssetClass.CRYPTO, "BTC", "USD")
    assert pair.id != coin.id
    assert pair.held_as == coin.held_as == coin.id


@pytest.mark.parametrize("symbol", ["AAPL", "BRK.B", "BAC.PRL", "BTC/USD"])
def test_a_canonical_symbol_names_its_instrument(symbol: str) -> None:
    asset_class = AssetClass.CRYPTO if "/" in symbol else AssetClass.EQUITY
    found = named(asset_class, symbol)
    assert found is not None
    assert (found.asset_class, found.symbol, found.currency) == (asset_class, symbol, "USD")


@pytest.mark.parametrize(
    ("asset_class", "symbol"),
    [
        (AssetClass.EQUITY, spelling)
        for spelling in ("aapl", " AAPL", "BRK/B", "BRK-B", "BRK B", "AAPL.", "A..B", "", "1AAPL")
    ]
    + [(AssetClass.CRYPTO, spelling) for spelling in ("BTC", "BTCUSD", "BTC-USD", "btc/usd")]
    + [(AssetClass.OPTION, "AAPL--260717C00250000"), (AssetClass.OPTION, "aapl260717c00250000")]
    + [(AssetClass.BOND, "T")],
)
def test_no_other_spelling_names_anything(asset_class: AssetClass, symbol: str) -> None:
    assert named(asset_class, symbol) is None


@given(st.text(alphabet="ABZaz019./- ", max_size=12), st.text(alphabet="ABZaz019./- ", max_size=12))
def test_two_spellings_never_name_the_same_share(one: str, other: str) -> None:
    found = {named(AssetClass.EQUITY, one), named(AssetClass.EQUITY, other)} - {None}
    spelled = {each.symbol.replace("/", ".").replace("-", ".") for each in found if each}
    assert len(spelled) == len(found)
