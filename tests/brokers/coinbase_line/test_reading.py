"""What a snapshot is made of, page by page, and that half of one is none."""

from datetime import timedelta

import pytest

import sandbox
from brokers.coinbase.line import Line
from domain.account import AccountStatus, AccountType
from domain.errors import BrokerError, Unintelligible
from domain.order import OrderStatus
from sandbox import Sandbox
from tests.brokers.coinbase_line.scene import ROOT, D, Off, market, opened, ticket
from tests.brokers.desk import Desk

PARTS = ["key_permissions", "accounts", "portfolios/*", "orders/historical/batch"]


async def test_the_account_is_the_portfolio_of_the_key(line: Line, box: Sandbox) -> None:
    (told,) = await line.accounts()
    assert told.number == box.coinbase.account.id
    assert (told.type, told.status) == (AccountType.CRYPTO, AccountStatus.OPEN)
    assert told.raw_status == "can_view, can_trade"
    assert line.expires_at is None
    assert await line.history(told.number, None) == ()


async def test_a_snapshot_agrees_with_itself(line: Line, box: Sandbox, number: str) -> None:
    box.coinbase.account.pay_in("EUR", D("250.75"))
    await line.place(market(number, quantity=D("0.12345678")))
    await line.place(ticket(number, "bg-2"))
    told = await line.snapshot(number)
    cash = {one.currency: one for one in told.balances}
    (held,) = told.holdings
    (mark,) = told.marks
    assert cash["EUR"].cash == D("250.75")
    assert (held.quantity, held.available) == (D("0.12345678"), D("0.12345678"))
    assert cash["USD"].held_for_orders == D(5_000)
    euros = cash["EUR"].cash * box.exchange.market.rate("EUR")
    worth = cash["USD"].cash + euros + held.quantity * mark.price
    assert told.valuation.equity is not None
    assert abs(worth - told.valuation.equity) < D("0.00001")
    assert told.valuation.buying_power == cash["USD"].cash - 5_000
    assert {one.status for one in told.orders} == {OrderStatus.FILLED, OrderStatus.NEW}


async def test_wallets_come_in_pages(line: Line, box: Sandbox, number: str) -> None:
    for currency in ("EUR", "GBP", "JPY"):
        box.coinbase.account.foreign[currency] = D(5)
    box.coinbase.wallets.page_of = 2
    told = await line.snapshot(number)
    assert {one.currency for one in told.balances} == {"USD", "EUR", "GBP", "JPY"}
    assert len(box.log.matching("GET", f"{ROOT}/accounts")) == 3


async def test_pages_that_lead_in_a_circle_are_unintelligible(
    line: Line, box: Sandbox, number: str
) -> None:
    circle = {"has_next": True, "cursor": "again"}
    box.faults.add("alter", path=f"{ROOT}/accounts", set=circle, count=0)
    with pytest.raises((Unintelligible, BrokerError)):
        await line.snapshot(number)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", ["garbage_after", "truncated_after", "html_after"])
async def test_half_a_snapshot_is_none(
    line: Line, box: Sandbox, number: str, part: str, kind: str
) -> None:
    box.faults.add(kind, path=f"{ROOT}/{part}", status=200, count=0)
    with pytest.raises(Unintelligible):
        await line.snapshot(number)


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_that_is_not_there_is_not_taken_for_empty(
    line: Line, box: Sandbox, number: str, part: str
) -> None:
    gone = {"portfolio_uuid": None, "accounts": None, "breakdown": None, "orders": None}
    box.faults.add("alter", path=f"{ROOT}/{part}", set=gone, count=0)
    with pytest.raises(Unintelligible):
        await line.snapshot(number)


async def test_what_is_open_is_listed_however_old_and_what_is_over_for_a_day() -> None:
    clock = Off()
    async with (
        sandbox.serve(seed=1, rate_limit=1_000_000, clock=clock.now) as box,
        opened(box, Desk(clock=clock)) as line,
    ):
        number = box.coinbase.account.id
        over = await line.place(market(number))
        resting = await line.place(ticket(number, "bg-2"))
        assert len({one.broker_order_id for one in (await line.snapshot(number)).orders}) == 2
        clock.by = timedelta(days=3)
        (left,) = (await line.snapshot(number)).orders
        assert left.broker_order_id == resting.broker_order_id
        assert (await line.order(number, over.broker_order_id)).status is OrderStatus.FILLED
        # Of that age it is not looked for, and nothing is said to be proven by that.
        found = await line.find(number, "bg-1")
        assert (found.report, found.proven_absent) == (None, False)
