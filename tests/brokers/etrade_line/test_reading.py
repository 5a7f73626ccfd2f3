"""What the E*TRADE line reads, whatever liberties the wire takes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from brokers.etrade.line import Line
from domain.account import AccountType
from domain.errors import ErrorCode, NotPermitted, OutcomeUnknown, Unintelligible
from domain.order import OrderClass, OrderStatus
from domain.transaction import Transaction, TransactionType
from sandbox import Sandbox
from sandbox.account import MovementKind
from sandbox.orders import Side
from tests.brokers.desk import Desk, Hurried
from tests.brokers.etrade_line.scene import lined, sent, spread, trade
from tests.brokers.tickets import APPLE, CALL, terms, ticket

QUIRKS = [
    {},
    {"singles": True},
    {"small": True},
    {"xml": True},
    {"singles": True, "small": True},
    {"same_marker": True},
]


@pytest.mark.parametrize("quirks", QUIRKS, ids=lambda quirks: "+".join(quirks) or "plain")
async def test_the_wire_may_take_liberties_and_means_the_same(
    line: Line, box: Sandbox, number: str, quirks: dict[str, bool]
) -> None:
    for name, on in quirks.items():
        setattr(box.etrade.quirks, name, on)
    trade(box, "AAPL271217C00250000", "1")
    placed = await line.place(ticket(number, terms(limit="100")))
    snapshot = await line.snapshot(number)
    (held,) = snapshot.holdings
    account = box.etrade.margin
    assert (held.instrument, held.quantity) == (CALL, Decimal(1))
    assert held.cost_basis == account.holding("AAPL271217C00250000").cost
    (lot,) = held.lots
    assert (lot.quantity, lot.unit_cost) == (Decimal(1), held.average_cost)
    assert snapshot.balances[0].cash == account.cash
    orders = {one.broker_order_id: one for one in snapshot.orders}
    assert orders[placed.broker_order_id].status is OrderStatus.NEW
    assert len(orders) == 2
    assert {mark.price for mark in snapshot.marks} == {
        box.exchange.market.quotes["AAPL271217C00250000"].last
    }
    page = await line.transactions(number, None)
    assert [one.type for one in page.transactions] == [TransactionType.DEPOSIT, TransactionType.BUY]
    (quoted,) = await line.quotes([APPLE])
    assert quoted.price == box.exchange.market.quotes["AAPL"].last


async def test_several_accounts_are_read_apart_and_closed_ones_not_at_all(
    line: Line, box: Sandbox
) -> None:
    reports = await line.accounts()
    assert [one.number for one in reports] == [one.number for one in box.etrade.accounts]
    assert [one.type for one in reports] == [AccountType.MARGIN, AccountType.RETIREMENT]
    trade(box, "MSFT", "3", box.etrade.retirement)
    margin, retirement = [await line.snapshot(one.number) for one in reports]
    assert margin.holdings == ()
    assert [one.quantity for one in retirement.holdings] == [3]
    assert retirement.valuation.equity is not None


async def test_another_persons_account_is_not_opened(line: Line, box: Sandbox) -> None:
    with pytest.raises(NotPermitted) as told:
        await line.snapshot(box.paper.number)
    assert told.value.code is ErrorCode.DIFFERENT_ACCOUNT


async def test_positions_come_in_pages_with_their_lots(
    line: Line, box: Sandbox, number: str
) -> None:
    box.etrade.portfolio.page = 1
    for symbol in ("AAPL", "MSFT", "NVDA", "SPY"):
        trade(box, symbol, "2")
    trade(box, "AAPL", "3")
    trade(box, "AAPL", "1", side=Side.SELL)
    snapshot = await line.snapshot(number)
    held = {one.instrument.symbol: one for one in snapshot.holdings}
    assert sent(box, "/portfolio.json") == 4
    assert {symbol: one.quantity for symbol, one in held.items()} == {
        "AAPL": 4,
        "MSFT": 2,
        "NVDA": 2,
        "SPY": 2,
    }
    assert [lot.quantity for lot in held["AAPL"].lots] == [1, 3]
    assert held["AAPL"].lots[0].opened is not None


async def test_a_short_position_is_negative(line: Line, box: Sandbox, number: str) -> None:
    trade(box, "TSLA", "3", side=Side.SELL)
    (held,) = (await line.snapshot(number)).holdings
    assert held.quantity == -3
    assert held.cost_basis is not None
    assert held.cost_basis < 0
    assert [lot.quantity for lot in held.lots] == [-3]


async def test_transactions_are_paged_by_a_marker_that_comes_again_and_none_counts_twice(
    line: Line, box: Sandbox, number: str
) -> None:
    for index in range(160):
        box.exchange.move_cash(box.etrade.margin, MovementKind.FEE, Decimal(-index) / 100)
    found: list[Transaction] = []
    token, pages = None, 0
    while True:
        page = await line.transactions(number, None, token)
        found += page.transactions
        pages += 1
        token = page.token
        if token is None:
            break
    assert pages == 4
    ids = [one.broker_id for one in found]
    assert len(ids) == len(set(ids)) == 161
    amounts = [one.amount for one in found if one.type is TransactionType.FEE]
    assert amounts == [Decimal(-index) / 100 for index in range(160)]


async def test_a_marker_that_never_changes_ends_the_pages(
    line: Line, box: Sandbox, number: str
) -> None:
    for _ in range(60):
        box.exchange.move_cash(box.etrade.margin, MovementKind.FEE, Decimal(-1))
    box.etrade.quirks.same_marker = True
    first = await line.transactions(number, None)
    second = await line.transactions(number, None, first.token)
    assert (len(first.transactions), second.token) == (50, None)


async def test_transactions_are_asked_for_by_days_in_new_york(
    line: Line, box: Sandbox, number: str
) -> None:
    page = await line.transactions(number, datetime.now(UTC) - timedelta(hours=1))
    assert len(page.transactions) == 1
    assert page.token is None


async def test_orders_of_more_than_a_page_are_all_read(
    line: Line, box: Sandbox, number: str
) -> None:
    box.etrade.orders.page = 3
    for index in range(10):
        await line.place(ticket(number, terms(limit="100"), name=f"bg-{index}"))
    assert len((await line.snapshot(number)).orders) == 10


async def test_where_the_filter_by_status_fails_all_that_may_be_open_is_listed(
    box: Sandbox, number: str
) -> None:
    async with lined(box, Desk(clock=Hurried())) as line:
        box.etrade.access.clockwork.skew = timedelta(days=3650)
        await line.place(ticket(number, terms(limit="100")))
        box.etrade.orders.filters = False
        await line.snapshot(number)
        before = sent(box, "/orders.json")
        await line.snapshot(number)
        assert sent(box, "/orders.json") - before == 2
        assert all("status" not in entry.path for entry in box.log.entries)


async def test_a_partial_fill_is_told_with_its_executions(
    line: Line, box: Sandbox, number: str
) -> None:
    box.exchange.liquidity["AAPL"] = Decimal(2)
    placed = await line.place(ticket(number, terms(quantity="5")))
    for price in ("250.10", "250.20"):
        box.exchange.set_price("AAPL", Decimal(price))
    reports = (await line.snapshot(number)).orders
    assert {one.broker_order_id for one in reports} == {placed.broker_order_id}
    assert {one.status for one in reports} == {OrderStatus.FILLED}
    executions = [one.execution for one in reports if one.execution is not None]
    assert [one.quantity for one in executions] == [2, 2, 1]
    assert [one.price for one in executions] == [
        one.price for one in box.etrade.margin.executions.values()
    ]


async def test_a_combination_is_one_order_with_its_legs(
    line: Line, box: Sandbox, number: str
) -> None:
    asked = spread(number, "100")
    placed = await line.place(asked)
    box.exchange.work()
    (order,) = (await line.snapshot(number)).orders
    assert order.broker_order_id == placed.broker_order_id
    assert order.terms.order_class is OrderClass.MULTI_LEG
    assert order.status is OrderStatus.FILLED
    assert order.filled_quantity == 2
    assert [(leg.instrument.id, leg.side) for leg in order.legs] == [
        (leg.instrument.id, leg.side) for leg in asked.legs
    ]


@pytest.mark.parametrize("path", ["balance", "portfolio", "orders"])
@pytest.mark.parametrize(
    "kind", ["garbage_after", "truncated_after", "html_after", "error_after", "reset_after"]
)
async def test_a_snapshot_that_cannot_be_read_in_full_is_none_at_all(
    box: Sandbox, number: str, path: str, kind: str
) -> None:
    trade(box, "AAPL", "1")
    box.etrade.access.clockwork.skew = timedelta(days=3650)
    async with lined(box, Desk(clock=Hurried())) as line:
        await line.place(ticket(number, terms(limit="100")))
        box.faults.add(kind, path=f"*/{path}.json", count=0, status=502)
        with pytest.raises((Unintelligible, OutcomeUnknown)):
            await line.snapshot(number)
