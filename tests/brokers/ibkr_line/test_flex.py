"""Books by the Flex Web Service: whole, once, and no reason for a Gateway to be called broken."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from brokers.ibkr.line import Line
from domain.account import Environment
from domain.errors import CredentialsRejected, NotPermitted, Refused
from domain.transaction import TransactionCategory, TransactionType
from sandbox import Sandbox
from sandbox.ibkr.flex import ROOT
from sandbox.ibkr.gateway import Gateway
from sandbox.ibkr.server import FLEX_QUERY, FLEX_TOKEN
from sandbox.orders import Side
from tests.brokers.desk import Desk, Hurried
from tests.brokers.ibkr_line.scene import line_to, trade


@pytest.fixture
def desk() -> Desk:
    return Desk(clock=Hurried())


@pytest.fixture
async def line(box: Sandbox, gateway: Gateway, desk: Desk) -> AsyncIterator[Line]:
    url = box.ibkr.flex.url + ROOT
    keys = {"flex_token": FLEX_TOKEN, "flex_query": FLEX_QUERY}
    async with line_to(gateway, desk, Environment.PAPER, url, **keys) as opened:
        yield opened


async def test_a_statement_has_trades_cash_and_transfers_each_once(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    account = gateway.accounts[number]
    trade(box, account, "AAPL", "5")
    trade(box, account, "AAPL", "2", Side.SELL)
    box.ibkr.flex_service.transfer(account, "AAPL", Decimal(7))
    booked = (await line.transactions(number, None)).transactions
    assert len({one.broker_id for one in booked}) == len(booked)
    trades = [one for one in booked if one.type.category is TransactionCategory.TRADE]
    assert [(one.type, str(one.quantity)) for one in trades] == [
        (TransactionType.BUY, "5"),
        (TransactionType.SELL, "-2"),
    ]
    moved = [one for one in booked if one.type is TransactionType.ASSET_IN]
    assert [one.quantity for one in moved] == [Decimal(7)]
    since = trades[-1].at
    assert all(one.at >= since for one in (await line.transactions(number, since)).transactions)


async def test_a_fill_has_the_same_name_in_a_statement_as_at_the_gateway(
    box: Sandbox, line: Line, gateway: Gateway, desk: Desk, number: str
) -> None:
    trade(box, gateway.accounts[number], "AAPL", "5")
    told = (await line.transactions(number, None)).transactions
    async with line_to(gateway, desk) as bare:
        (fill,) = (await bare.transactions(number, None)).transactions
    assert fill.broker_id in {one.broker_id for one in told}


async def test_a_statement_in_the_making_is_waited_for_and_then_kept(
    box: Sandbox, line: Line, desk: Desk, number: str
) -> None:
    box.ibkr.flex_service.polls = 3
    await line.transactions(number, None)
    asked = len([one for one in desk.records if one.operation == "flex"])
    await line.transactions(number, None)
    assert len([one for one in desk.records if one.operation == "flex"]) == asked
    await desk.clock.sleep(timedelta(hours=5).total_seconds())
    await line.transactions(number, None)
    assert len([one for one in desk.records if one.operation == "flex"]) > asked


@pytest.mark.parametrize(
    ("code", "means"), [(1012, NotPermitted), (1013, NotPermitted), (1018, Refused)]
)
async def test_what_the_service_refuses_leaves_the_gateway_as_it_was(
    box: Sandbox, line: Line, number: str, code: int, means: type[Refused]
) -> None:
    box.ibkr.flex_service.refuse(code)
    with pytest.raises(means) as refused:
        await line.transactions(number, None)
    assert not isinstance(refused.value, CredentialsRejected)
    assert refused.value.broker_code == str(code)
    assert FLEX_TOKEN not in refused.value.message
    assert (await line.snapshot(number)).account.number == number


async def test_the_token_is_in_no_record(line: Line, desk: Desk, number: str) -> None:
    await line.transactions(number, None)
    assert FLEX_TOKEN not in repr(desk.records)
