"""Positions, balances and transactions as values."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.etrade import accounts, portfolio
from brokers.etrade.body import read
from brokers.etrade.times import moment_of, next_midnight
from brokers.etrade.transactions import transaction
from brokers.wire import Row
from domain.account import AccountStatus, AccountType
from domain.errors import Unintelligible
from domain.holding import CostSource
from domain.transaction import TransactionStatus, TransactionType
from tests.clock import START

STOCK = {"symbol": "MSFT", "securityType": "EQ"}
AMOUNTS = st.decimals(-1_000_000, 1_000_000, places=4, allow_nan=False)


def row(fields: dict[str, Any]) -> Row:
    return read(json.dumps({"Root": fields}, default=str).encode()).need_row("root")


def position(quantity: object, cost: object, **more: Any) -> Row:
    return row({"Product": STOCK, "quantity": quantity, "totalCost": cost, **more})


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=4))
def test_rows_of_one_instrument_are_one_holding_that_adds_up(
    parts: list[tuple[Decimal, Decimal]],
) -> None:
    rows = [position(quantity, abs(cost)) for quantity, cost in parts]
    (held,) = portfolio.holdings(rows)
    assert held.quantity == sum(quantity for quantity, _ in parts)
    costs = [abs(cost) if quantity >= 0 else -abs(cost) for quantity, cost in parts]
    assert held.cost_basis == sum(costs)
    if len(parts) > 1:
        assert held.cost_source is CostSource.DERIVED


def test_a_position_that_is_said_to_be_short_is_negative() -> None:
    (held,) = portfolio.holdings([position(5, 100, positionType="SHORT")])
    assert (held.quantity, held.cost_basis) == (Decimal(-5), Decimal(-100))


@pytest.mark.parametrize("quantity", [None, "", "many", [1]])
def test_a_position_that_cannot_be_read_is_not_zero(quantity: object) -> None:
    with pytest.raises(Unintelligible):
        portfolio.holdings([position(quantity, 100)])


@pytest.mark.parametrize(
    ("fields", "cash"),
    [
        ({"Computed": {"netCash": "-12.50", "cashBalance": 1}}, "-12.50"),
        ({"Computed": {"cashBalance": 7}}, "7"),
        ({"Computed": {}, "Cash": {"cashBalance": "9.99"}}, "9.99"),
    ],
)
def test_cash_is_told_in_several_places(fields: dict[str, Any], cash: str) -> None:
    (balance,) = accounts.balances(row(fields))
    assert balance.cash == Decimal(cash)


def test_no_cash_at_all_is_not_zero() -> None:
    with pytest.raises(Unintelligible):
        accounts.balances(row({"Computed": {"RealTimeValues": {}}}))


def test_a_worth_of_nothing_is_nothing_and_not_the_next_best() -> None:
    told = {"Computed": {"RealTimeValues": {"totalAccountValue": 0}, "accountBalance": 5}}
    assert accounts.valuation(row(told), START).net_liquidation == 0


@pytest.mark.parametrize(
    ("mode", "kind", "expected"),
    [
        ("CASH", "INDIVIDUAL", AccountType.CASH),
        ("MARGIN", "INDIVIDUAL", AccountType.MARGIN),
        ("IRA", "ROTHIRA", AccountType.RETIREMENT),
        ("CASH", "CONTRIBUTORYIRA", AccountType.RETIREMENT),
        ("CHECKING", "BANK", AccountType.OTHER),
    ],
)
def test_an_account_is_of_a_kind(mode: str, kind: str, expected: AccountType) -> None:
    report = accounts.account(row({"accountId": 1, "accountMode": mode, "accountType": kind}))
    assert (report.type, report.status) == (expected, AccountStatus.UNKNOWN)


def booked(word: str, amount: object, **more: Any) -> dict[str, Any]:
    return {
        "transactionId": 7,
        "transactionDate": 1780286400000,
        "postDate": 1780286400000,
        "amount": amount,
        "transactionType": word,
        "brokerage": {"product": {}, "quantity": 0, "price": 0, "settlementCurrency": "USD"},
    } | more


@pytest.mark.parametrize(
    ("word", "amount", "kind"),
    [
        ("Transfer", -2, TransactionType.WITHDRAWAL),
        ("Online Transfer", 2, TransactionType.DEPOSIT),
        ("Interest Income", 1, TransactionType.INTEREST),
        ("Interest", -1, TransactionType.INTEREST_CHARGED),
        ("Margin Interest", -1, TransactionType.INTEREST_CHARGED),
        ("Dividend", 1, TransactionType.DIVIDEND),
        ("Service Fee", -1, TransactionType.FEE),
        ("POS", -5, TransactionType.OTHER_CASH),
        ("Exchange Received In", 0, TransactionType.REORGANIZATION),
        ("Something New", 1, TransactionType.OTHER),
    ],
)
def test_what_was_booked_has_a_type(word: str, amount: int, kind: TransactionType) -> None:
    one = transaction(row(booked(word, amount)))
    assert (one.type, one.raw_type, one.amount) == (kind, word, Decimal(amount))
    assert (one.instrument, one.quantity, one.price) == (None, None, None)
    assert one.day == date(2026, 6, 1)


@pytest.mark.parametrize(("word", "quantity", "moved"), [("Bought", 3, 3), ("Sold", 3, -3)])
def test_a_trade_moves_units_by_its_word(word: str, quantity: int, moved: int) -> None:
    told = {"product": STOCK, "quantity": quantity, "price": 12.5, "orderNo": 9}
    one = transaction(row(booked(word, -37.5, brokerage=told)))
    assert (one.quantity, one.price) == (Decimal(moved), Decimal("12.5"))
    assert one.broker_order_id == "9"


def test_a_dividend_moves_no_units() -> None:
    told = {"product": STOCK, "quantity": 12, "price": 0.75}
    one = transaction(row(booked("Dividend", 9, brokerage=told)))
    assert one.instrument is not None
    assert (one.quantity, one.price) == (None, Decimal("0.75"))


def test_what_is_not_posted_yet_is_pending() -> None:
    assert transaction(row(booked("Fee", -1, postDate=0))).status is TransactionStatus.PENDING


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (1331742953, datetime(2012, 3, 14, 16, 35, 53, tzinfo=UTC)),
        (1331742955432, datetime(2012, 3, 14, 16, 35, 55, 432000, tzinfo=UTC)),
        ("20180321", datetime(2018, 3, 21, 4, tzinfo=UTC)),
        (0, None),
        (-68400000, None),
        ("", None),
        ("soon", None),
        (10**30, None),
    ],
)
def test_moments_come_in_several_units(value: object, moment: datetime | None) -> None:
    assert moment_of(row({"at": value}), "at") == moment


@given(st.integers(1_767_225_600, 2_082_758_400))
def test_midnight_is_the_next_one_and_at_most_a_long_day_away(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    ahead = (next_midnight(moment) - moment).total_seconds()
    assert 0 < ahead <= 25 * 3600
    assert next_midnight(next_midnight(moment)) > next_midnight(moment)
