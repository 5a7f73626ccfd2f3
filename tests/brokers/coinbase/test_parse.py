"""Wallets, portfolio and products as our values."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.coinbase import parse
from brokers.coinbase.symbols import pair_of, product_of
from brokers.wire import Row
from domain.errors import Unintelligible
from domain.holding import CostSource
from domain.instrument import AssetClass
from domain.money import total
from tests.brokers.coinbase.rows import NOW, wallet

D = Decimal
NOTHING = Row({}, "nothing")


def portfolio(**fields: Any) -> Row:
    money = {"value": "1000.5", "currency": "USD"}
    usual = {"portfolio_balances": {"total_balance": money, "total_crypto_balance": money}}
    return Row(usual | fields, "the portfolio")


def position(asset: str, cost: str, currency: str = "USD") -> dict[str, Any]:
    return {
        "asset": asset,
        "total_balance_fiat": D("300"),
        "total_balance_crypto": D("0.5"),
        "cost_basis": {"value": cost, "currency": currency},
    }


def test_a_coin_is_what_is_free_and_what_orders_hold_with_what_it_cost() -> None:
    wallets = [wallet("BTC", "0.2", "0.3"), wallet("ETH", "0"), wallet("USD", "5", kind="FIAT")]
    (held,) = parse.holdings(wallets, portfolio(spot_positions=[position("BTC", "250")]))
    assert (held.instrument.id, held.instrument.symbol) == ("CRYPTO:BTC", "BTC")
    assert (held.quantity, held.available) == (D("0.5"), D("0.2"))
    assert (held.cost_basis, held.average_cost) == (D(250), D(500))
    assert held.cost_source is CostSource.BROKER


def test_a_cost_that_is_not_told_in_dollars_is_not_known() -> None:
    for told in (NOTHING, portfolio(spot_positions=[position("BTC", "250", "EUR")])):
        (held,) = parse.holdings([wallet("BTC", "1")], told)
        assert (held.cost_basis, held.average_cost) == (None, None)
        assert held.cost_source is CostSource.UNKNOWN


def test_a_coin_in_two_wallets_is_one_holding() -> None:
    wallets = [wallet("BTC", "0.2"), wallet("BTC", "0.1", kind="VAULT")]
    (held,) = parse.holdings(wallets, NOTHING)
    assert held.quantity == D("0.3")


def test_cash_is_of_its_own_currency_and_usdc_is_a_coin() -> None:
    wallets = [
        wallet("USD", "10", "2.5", "FIAT"),
        wallet("EUR", "3", kind="FIAT"),
        wallet("USDC", "7"),
    ]
    told = {one.currency: (one.cash, one.held_for_orders) for one in parse.balances(wallets)}
    assert told == {"USD": (D("12.5"), D("2.5")), "EUR": (D(3), D(0))}
    assert [one.instrument.symbol for one in parse.holdings(wallets, NOTHING)] == ["USDC"]


def test_an_amount_that_cannot_be_read_is_not_zero() -> None:
    broken = Row({"currency": "BTC", "type": "ACCOUNT_TYPE_CRYPTO"}, "the wallet")
    with pytest.raises(Unintelligible):
        parse.holdings([broken], NOTHING)
    with pytest.raises(Unintelligible):
        parse.balances([wallet("USD", "much", kind="FIAT")])


def test_contracts_are_held_signed_by_their_side() -> None:
    told = portfolio(
        futures_positions=[
            {
                "product_id": "BIT-28JUN24-CDE",
                "product_name": "BIT",
                "contract_size": "0.01",
                "side": "FUTURES_POSITION_SIDE_SHORT",
                "amount": "3",
                "avg_entry_price": "60000",
            }
        ],
        perp_positions=[
            {
                "product_id": "BTC-PERP-INTX",
                "position_side": "FUTURES_POSITION_SIDE_LONG",
                "net_size": "0.5",
                "vwap": {"rawCurrency": {"value": "63000", "currency": "USDC"}},
            }
        ],
    )
    future, perpetual = parse.holdings([], told)
    assert future.instrument.asset_class is AssetClass.FUTURE
    assert (future.quantity, future.instrument.multiplier) == (D(-3), D("0.01"))
    assert future.cost_basis == D(-1800)
    assert perpetual.instrument.asset_class is AssetClass.PERPETUAL
    assert (perpetual.quantity, perpetual.average_cost) == (D("0.5"), D(63_000))


def test_a_key_that_may_transfer_is_warned_of_where_its_account_is_shown() -> None:
    key = {"portfolio_uuid": "p", "portfolio_type": "DEFAULT", "can_view": True, "can_trade": True}
    assert parse.account(Row(key, "the key")).restrictions == ()
    may = Row(key | {"can_transfer": True}, "the key")
    assert parse.account(may).restrictions == (parse.MAY_TRANSFER,)
    cannot = parse.account(Row(key | {"can_trade": False}, "the key"))
    assert cannot.restrictions == ("the key may not trade",)
    assert cannot.raw_status == "can_view"


def test_worth_is_what_coinbase_says_and_free_dollars_buy() -> None:
    wallets = [wallet("USD", "10", "2.5", "FIAT")]
    worth = parse.valuation(portfolio(), wallets, NOW)
    assert (worth.equity, worth.buying_power) == (D("1000.5"), D(10))
    assert parse.valuation(portfolio(), [], NOW).buying_power is None


def test_a_price_is_worked_out_of_worth_and_quantity_where_there_is_both() -> None:
    told = portfolio(
        spot_positions=[position("BTC", "1"), position("ETH", "1") | {"total_balance_fiat": D(0)}]
    )
    held = parse.holdings([wallet("BTC", "0.5"), wallet("ETH", "0.5")], told)
    (mark,) = parse.marks(told, held, NOW)
    assert (mark.instrument_id, mark.price, mark.currency) == ("CRYPTO:BTC", D(600), "USD")


@pytest.mark.parametrize("closed", ["is_disabled", "trading_disabled", "cancel_only", "view_only"])
def test_what_cannot_be_ordered_now_is_said_so(closed: str) -> None:
    product = {"base_increment": "0.00000001", "quote_increment": "0.01", "base_min_size": "0.1"}
    usual = parse.increments(Row(product, "the product"))
    assert (usual.tradable, usual.tick, usual.lot) == (True, D("0.01"), D("1E-8"))
    assert usual.minimum == D("0.1")
    assert parse.increments(Row(product | {closed: True}, "the product")).tradable is False


@pytest.mark.parametrize(
    ("product_id", "kind", "currency"),
    [
        ("BTC-USD", AssetClass.CRYPTO, "USD"),
        ("ETH-USDC", AssetClass.CRYPTO, "USDC"),
        ("BIT-28JUN24-CDE", AssetClass.FUTURE, "USD"),
        ("BTC-PERP-INTX", AssetClass.PERPETUAL, "USD"),
    ],
)
def test_a_product_is_named_there_and_back(
    product_id: str, kind: AssetClass, currency: str
) -> None:
    instrument = pair_of(product_id)
    assert (instrument.asset_class, instrument.currency) == (kind, currency)
    assert product_of(instrument) == product_id


AMOUNTS = st.decimals(min_value=0, max_value=10**9, places=16).map(lambda one: f"{one:f}")
WALLETS = st.builds(
    wallet,
    st.sampled_from(["BTC", "ETH", "USD", "EUR"]),
    AMOUNTS,
    AMOUNTS,
    st.sampled_from(["CRYPTO", "FIAT", "VAULT"]),
)


@given(st.lists(WALLETS, max_size=8))
def test_nothing_in_any_wallet_is_lost_or_doubled(wallets: list[Row]) -> None:
    def amount(row: Row, name: str) -> Decimal:
        return row.need_row(name).need_amount("value")

    everything = total(
        [amount(row, name) for row in wallets for name in ("available_balance", "hold")]
    )
    cash = [one.cash for one in parse.balances(wallets)]
    coins = [one.quantity for one in parse.holdings(wallets, NOTHING)]
    assert total(cash + coins) == everything
