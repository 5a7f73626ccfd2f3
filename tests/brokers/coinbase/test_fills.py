"""Fills as executions and as transactions."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from brokers.coinbase.fills import Fills, executions, fill, fills
from brokers.coinbase.orders import report
from brokers.coinbase.transactions import transaction
from domain.facts import OrderReport
from domain.money import total
from domain.order import ExecType
from domain.transaction import TransactionType
from tests.brokers.coinbase.rows import HEARD, filled, order

D = Decimal


def told(quantity: str, status: str = "OPEN") -> OrderReport:
    return report(order(filled_size=quantity, status=status), HEARD)


def test_a_fill_is_an_execution_with_what_it_cost() -> None:
    (one,) = executions(told("0.2"), fills([filled()]))
    assert (one.execution_id, one.quantity, one.price) == ("e-1", D("0.2"), D(50_000))
    assert one.commission == D(60)


def test_a_size_in_money_is_worked_out_and_the_order_has_the_last_word() -> None:
    rows = [
        filled(entry_id="e-1", size="333.33", price="30000", size_in_quote=True),
        filled(entry_id="e-2", size="666.67", price="30000", size_in_quote=True),
    ]
    found = executions(told("0.03333333", "FILLED"), fills(rows))
    assert total([one.quantity for one in found]) == D("0.03333333")
    assert found[0].quantity == D("0.011111")


def test_what_is_far_off_is_left_unattributed() -> None:
    (one,) = executions(told("5", "FILLED"), fills([filled(size="300", size_in_quote=True)]))
    assert one.quantity == D("0.006")


def test_what_is_no_execution_or_has_no_number_is_none() -> None:
    for broken in (
        {"trade_type": "REVERSAL"},
        {"size": "0"},
        {"price": None},
        {"order_id": ""},
        {"trade_time": "yesterday"},
    ):
        assert fill(filled(**broken)) is None


def test_fills_are_asked_for_while_more_was_filled_than_they_explain() -> None:
    known = Fills()
    assert not known.wants(told("0"))
    assert known.wants(told("0.2"))
    (first,) = known.executed(fills([filled()]), {"o-1": told("0.2")})
    assert first.exec_type is ExecType.TRADE
    assert not known.wants(told("0.2"))
    assert known.wants(told("0.3"))
    both = fills([filled(), filled(entry_id="e-2", size="0.1")])
    (second,) = known.executed(both, {"o-1": told("0.3")})
    assert second.execution is not None
    assert second.execution.execution_id == "e-2"


def test_fills_that_do_not_come_are_not_asked_for_for_ever() -> None:
    known = Fills()
    assert [known.wants(told("0.2")) for _ in range(7)] == [True] * 5 + [False] * 2
    assert known.wants(told("0.3"))


def test_fills_of_other_orders_are_nobodys() -> None:
    assert Fills().executed(fills([filled(order_id="o-2")]), {"o-1": told("0.2")}) == ()


SIZES = st.lists(
    st.decimals(min_value=D("0.00000001"), max_value=D(100), places=8), min_size=1, max_size=6
)


@given(SIZES, st.data())
def test_each_execution_is_told_once_however_often_and_in_what_pieces_it_is_listed(
    sizes: list[Decimal], data: st.DataObject
) -> None:
    rows = [
        filled(entry_id=f"e-{number}", size=f"{size:f}", trade_time=f"2026-06-01T11:45:0{number}Z")
        for number, size in enumerate(sizes)
    ]
    whole = told(f"{sum(sizes):f}")
    known, found = Fills(), list[OrderReport]()
    for _ in range(3):
        listed = data.draw(st.lists(st.sampled_from(rows)))
        found += known.executed(fills(listed), {"o-1": whole})
    found += known.executed(fills(rows), {"o-1": whole})
    told_of = [one.execution for one in found if one.execution]
    assert len({one.execution_id for one in told_of}) == len(told_of) == len(sizes)
    assert total([one.quantity for one in told_of]) == sum(sizes)
    assert not known.wants(whole)
    assert known.wants(replace(whole, filled_quantity=whole.filled_quantity + 1))


def test_a_purchase_takes_cash_and_brings_the_coin() -> None:
    one = transaction(filled())
    assert (one.type, one.quantity, one.amount) == (TransactionType.BUY, D("0.2"), D(-10_060))
    assert one.instrument is not None
    assert (one.instrument.id, one.currency) == ("CRYPTO:BTC", "USD")
    assert (one.broker_id, one.broker_order_id) == ("e-1", "o-1")


def test_a_sale_brings_cash_less_what_it_costs() -> None:
    one = transaction(filled(side="SELL", product_id="ETH-EUR"))
    assert (one.type, one.quantity, one.amount) == (TransactionType.SELL, D("-0.2"), D(9_940))
    assert one.currency == "EUR"


def test_what_nobody_has_explained_is_kept_without_a_meaning() -> None:
    one = transaction(filled(trade_type="REVERSAL"))
    assert (one.type, one.raw_type) == (TransactionType.OTHER_TRADE, "REVERSAL")
    assert (one.quantity, one.amount) == (None, None)
    future = transaction(filled(product_id="BIT-28JUN24-CDE"))
    assert future.amount is None
