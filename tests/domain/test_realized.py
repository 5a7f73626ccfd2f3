"""What was gained by selling, at average cost."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import AccountId, TransactionId
from domain.instrument import AssetClass, Instrument
from domain.rates import Money, Rates
from domain.realized import Books, Realized, realized
from domain.transaction import (
    Transaction,
    TransactionChange,
    TransactionStatus,
    TransactionType,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
APPLE = Instrument(asset_class=AssetClass.EQUITY, symbol="AAPL", currency="USD")


def entry(
    type: TransactionType,
    quantity: str | None,
    amount: str | None,
    status: TransactionStatus = TransactionStatus.POSTED,
    currency: str = "USD",
) -> TransactionChange:
    booked = Transaction(
        broker_id="1",
        type=type,
        raw_type="",
        status=status,
        raw_status="",
        at=NOW,
        day=date(2026, 6, 1),
        currency=currency,
        amount=None if amount is None else Decimal(amount),
        instrument=APPLE,
        quantity=None if quantity is None else Decimal(quantity),
    )
    return TransactionChange(id=TransactionId("1"), account_id=AccountId("a"), transaction=booked)


def buy(quantity: str, price: str) -> TransactionChange:
    amount = str(-Decimal(quantity) * Decimal(price))
    return entry(TransactionType.BUY, quantity, amount)


def sell(quantity: str, price: str) -> TransactionChange:
    amount = str(Decimal(quantity) * Decimal(price))
    return entry(TransactionType.SELL, f"-{quantity}", amount)


def outcome(*booked: TransactionChange) -> Realized:
    books = Books()
    books.take(booked)
    return realized(books, Rates.of(Money(), []), "USD")


def test_what_is_sold_gains_over_the_average_of_what_was_bought() -> None:
    assert outcome(buy("10", "100"), buy("10", "120"), sell("5", "130")).pnl == 100


def test_a_short_gains_when_it_is_bought_back_lower() -> None:
    assert outcome(sell("10", "100"), buy("4", "90")).pnl == 40


def test_through_zero_the_rest_opens_at_its_own_price() -> None:
    assert outcome(buy("10", "100"), sell("15", "110"), buy("5", "100")).pnl == 150


def test_a_split_moves_units_and_no_cost() -> None:
    split = entry(TransactionType.SPLIT, "10", None)
    assert outcome(buy("10", "100"), split, sell("20", "60")).pnl == 200


def test_an_option_that_expires_loses_what_it_cost() -> None:
    expired = entry(TransactionType.EXPIRATION, "-10", None)
    assert outcome(buy("10", "3"), expired).pnl == -30


def test_units_that_came_at_an_unknown_cost_make_the_gain_unknown_and_listed() -> None:
    delivered = entry(TransactionType.ACATS_SECURITY, "10", None)
    found = outcome(delivered, sell("10", "100"))
    assert found.pnl == 0
    assert [one.instrument for one in found.left_out] == [APPLE]


def test_a_gain_without_a_rate_is_left_out_and_listed() -> None:
    yen = [entry(TransactionType.BUY, "1", "-9", currency="JPY")]
    yen += [entry(TransactionType.SELL, "-1", "10", currency="JPY")]
    found = outcome(*yen)
    assert found.pnl == 0
    assert len(found.left_out) == 1


def test_what_is_canceled_or_pending_does_not_count() -> None:
    away = entry(TransactionType.SELL, "-1", "999", TransactionStatus.CANCELED)
    assert outcome(buy("1", "1"), away).pnl == 0


trades = st.lists(
    st.tuples(st.sampled_from([buy, sell]), st.integers(1, 50), st.integers(1, 500)), max_size=12
)


@given(trades)
def test_when_all_is_sold_the_gain_is_the_cash_that_is_left(
    history: list[tuple[object, int, int]],
) -> None:
    booked = [
        buy(str(q), str(p)) if make is buy else sell(str(q), str(p)) for make, q, p in history
    ]
    held = sum(one.transaction.quantity or 0 for one in booked)
    if held > 0:
        booked.append(sell(str(held), "77"))
    elif held < 0:
        booked.append(buy(str(-held), "77"))
    cash = sum(one.transaction.amount or 0 for one in booked)
    assert abs(outcome(*booked).pnl - cash) < Decimal("1e-17")
