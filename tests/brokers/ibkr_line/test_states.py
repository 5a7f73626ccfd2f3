"""What is in the way of a Gateway is told apart, each with what to do about it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from brokers.ibkr.hours import next_sign_in
from brokers.ibkr.line import Line
from domain.account import Environment
from domain.errors import (
    CredentialsRejected,
    ErrorCode,
    NotPermitted,
    RateLimited,
    Refused,
    Unreachable,
)
from sandbox import Sandbox
from sandbox.ibkr.gateway import Gateway
from sandbox.ibkr.notices import too_fast
from tests.brokers.desk import Desk, Hurried
from tests.brokers.hearing import hearing_on
from tests.brokers.ibkr_line.scene import limit, line_to, trade
from tests.conformance.scene import opened
from tests.waiting import until


async def test_a_gateway_that_is_down_is_unreachable_and_back_when_it_is(
    line: Line, gateway: Gateway
) -> None:
    await gateway.down()
    with pytest.raises(Unreachable, match="restarts once a day"):
        await line.accounts()
    await gateway.up()
    assert [one.number for one in await line.accounts()] == list(gateway.accounts)


async def test_one_that_stays_away_for_longer_than_a_restart_awaits_a_person(
    gateway: Gateway,
) -> None:
    clock = Hurried()
    async with line_to(gateway, Desk(clock=clock)) as line:
        await gateway.down()
        with pytest.raises(Unreachable) as first:
            await line.accounts()
        await clock.sleep(601)
        with pytest.raises(Unreachable, match="second factor") as later:
            await line.accounts()
    assert first.value.code is ErrorCode.BROKER_UNREACHABLE
    assert later.value.code is ErrorCode.SIGN_IN_AWAITED


async def test_an_api_that_is_switched_off_says_where_to_switch_it_on(
    line: Line, gateway: Gateway
) -> None:
    gateway.habits.api_off = True
    with pytest.raises(NotPermitted, match="Enable ActiveX and Socket Clients"):
        await line.accounts()


async def test_a_client_id_that_is_taken_is_told_and_one_of_ours_gives_way(
    gateway: Gateway, desk: Desk
) -> None:
    async with line_to(gateway, desk, client_id="5") as first:
        await first.accounts()
        async with line_to(gateway, desk, client_id="5") as second:
            with pytest.raises(Refused, match="client id 5") as taken:
                await second.accounts()
    assert taken.value.code is ErrorCode.CONFLICT
    async with line_to(gateway, desk) as first, line_to(gateway, desk) as second:
        assert await first.accounts() == await second.accounts()
        assert len({one.client_id for one in gateway.started()}) == 2


async def test_new_credentials_are_tried_beside_the_line_that_holds_the_client_id(
    box: Sandbox, gateway: Gateway
) -> None:
    async with opened("ibkr", box) as scene:
        await (await scene.broker()).accounts()
        async with scene.lines.trial(scene.connection, scene.stage.credentials) as trial:
            assert len(await trial.accounts()) == len(gateway.accounts)


async def test_an_api_that_only_reads_is_read_and_refuses_orders(
    line: Line, gateway: Gateway, number: str
) -> None:
    gateway.habits.read_only = True
    # Its own lists of orders are refused as well, as a request that has no number.
    gateway.faults.add("unauthorized", method="TWS", path="/reqAllOpenOrders")
    assert (await line.snapshot(number)).account.number == number
    assert (await line.snapshot(number)).account.number == number
    with pytest.raises(NotPermitted, match="Read-Only API"):
        await line.place(limit(number))


@pytest.mark.parametrize("paper", [True, False])
async def test_accounts_of_the_other_environment_are_refused(
    box: Sandbox,
    desk: Desk,
    paper: bool,  # noqa: FBT001
) -> None:
    gateway = box.ibkr.live if paper else box.ibkr.paper
    environment = Environment.PAPER if paper else Environment.LIVE
    async with line_to(gateway, desk, environment) as line:
        with pytest.raises(NotPermitted) as refused:
            await line.accounts()
    assert refused.value.code is ErrorCode.ENVIRONMENT_MISMATCH


async def test_only_a_named_gateway_and_an_account_of_it_can_be_chosen(
    gateway: Gateway, desk: Desk
) -> None:
    own = list(gateway.accounts)[1]
    async with line_to(gateway, desk, account=own) as line:
        assert [one.number for one in await line.accounts()] == [own]
        with pytest.raises(CredentialsRejected):
            await line.snapshot(next(iter(gateway.accounts)))
    for name in ("flex", "10.0.0.1", "tcp://10.0.0.1:4001", "second"):
        with pytest.raises(CredentialsRejected, match="no such Gateway"):
            async with line_to(gateway, desk, gateway=name):
                pass


async def test_without_ibs_servers_nothing_is_read_or_ordered_until_they_are_back(
    line: Line, gateway: Gateway, number: str
) -> None:
    async with hearing_on(line) as heard:
        gateway.lose_servers()
        signs = len(heard)
        with pytest.raises(Unreachable, match="comes back by itself"):
            await _lost(line, number)
        with pytest.raises(Unreachable):
            await line.place(limit(number))
        gateway.find_servers()
        await until(lambda: len(heard) > signs)
    assert (await line.snapshot(number)).account.number == number
    assert gateway.desk.open_orders() == []


async def _lost(line: Line, number: str) -> None:
    """Read until the notice has arrived."""
    while True:
        await line.snapshot(number)


async def test_what_was_subscribed_to_and_lost_is_subscribed_to_again(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    trade(box, gateway.accounts[number], "AAPL", "10")
    assert (await line.snapshot(number)).marks
    gateway.lose_servers()
    gateway.find_servers(data_lost=True)
    box.exchange.set_price("AAPL", (await line.snapshot(number)).marks[0].price + 1)
    first, second = [(await line.snapshot(number)).marks[0].price for _ in range(2)]
    assert first == second
    assert any(session.pnl_single for session in gateway.started())


async def test_a_gateway_that_is_asked_too_fast_is_left_alone_for_a_while(
    line: Line, gateway: Gateway, number: str
) -> None:
    gateway.faults.add("rate_limited", method="TWS", path="/reqPositions")
    with pytest.raises(RateLimited):
        await line.snapshot(number)
    assert (await line.snapshot(number)).account.number == number
    assert too_fast(50, 51).code == 100


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-20T14:00", "2026-11-22T06:00"),
        ("2026-11-22T05:59", "2026-11-22T06:00"),
        ("2026-11-22T06:00", "2026-11-29T06:00"),
        ("2026-03-07T12:00", "2026-03-08T06:00"),
        ("2026-03-08T12:00", "2026-03-15T05:00"),
        ("2026-10-31T12:00", "2026-11-01T05:00"),
    ],
)
def test_a_sign_in_is_due_on_sundays_at_one_in_new_york(now: str, then: str) -> None:
    told = next_sign_in(datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert told == datetime.fromisoformat(then).replace(tzinfo=UTC)
    assert told.utcoffset() == timedelta()


async def test_a_gateway_that_changes_its_login_in_mid_read_shows_nothing_as_gone(
    box: Sandbox, line: Line, gateway: Gateway, number: str
) -> None:
    trade(box, gateway.accounts[number], "AAPL", "5")
    gateway.faults.add("hang", method="TWS", path="/reqPositions")
    reading = asyncio.ensure_future(line.snapshot(number))
    await until(lambda: not gateway.faults.pending)
    gateway.accounts.clear()
    box.ibkr.account(gateway, "DU7000001")
    for session in gateway.started():
        session.cut()
    with pytest.raises(CredentialsRejected):
        await reading
