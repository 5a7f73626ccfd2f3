"""What the order stream of the Alpaca line tells, and how it is lost."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from functools import reduce

import pytest

import sandbox
from brokers.alpaca.line import Line
from brokers.alpaca.stream import Socket
from domain.account import Environment
from domain.errors import CredentialsRejected, NotPermitted, Unintelligible, Unreachable
from domain.events import Alive
from domain.facts import facts_of, join
from domain.order import OrderStatus
from domain.sums import summed
from sandbox import Sandbox, mishaps
from tests.brokers.alpaca_line.scene import has, to_its_loss
from tests.brokers.desk import Desk
from tests.brokers.hearing import hearing, known, reports
from tests.brokers.tickets import resting, terms, ticket
from tests.waiting import until


@pytest.mark.parametrize("environment", list(Environment)[:2])
async def test_text_and_binary_frames_are_both_read(
    box: Sandbox, desk: Desk, environment: Environment
) -> None:
    live = environment is Environment.LIVE
    key = sandbox.LIVE_KEY if live else sandbox.PAPER_KEY
    secret = sandbox.LIVE_SECRET if live else sandbox.PAPER_SECRET
    async with desk.line(box, key, secret, environment) as line, hearing(line) as heard:
        assert isinstance(heard[0], Alive)
        (account,) = await line.accounts()
        await line.place(resting(account.number))
        await until(has(heard, OrderStatus.NEW))
    assert [r.status for r in desk.records if r.operation == "trade_updates"] == [101]


async def test_a_stream_with_wrong_keys_says_so_and_ends(box: Sandbox, desk: Desk) -> None:
    async with desk.line(box) as line:
        await line.accounts()
        box.alpaca.access.revoke(sandbox.PAPER_KEY)
        with pytest.raises(CredentialsRejected):
            await anext(aiter(line.events()))


async def test_a_stream_that_is_not_granted_says_so(box: Sandbox, line: Line) -> None:
    box.faults.add("alter_frame", path="/stream", containing="listening", set={"streams": []})
    with pytest.raises(NotPermitted):
        await anext(aiter(line.events()))


LOST = ["cut_on_frame", "garbage_frame", "truncated_frame"]


@pytest.mark.parametrize("kind", LOST)
async def test_a_stream_that_breaks_or_cannot_be_read_is_lost(
    line: Line, box: Sandbox, number: str, kind: str
) -> None:
    box.faults.add(kind, path="/stream", containing='trade_updates","data":{"event')
    events = aiter(line.events())
    assert isinstance(await anext(events), Alive)
    await line.place(resting(number))
    with pytest.raises((Unreachable, Unintelligible)):
        await to_its_loss(events)


@pytest.mark.parametrize("code", [1000, 1001, 1011])
async def test_a_stream_that_is_closed_in_order_is_lost_as_well(
    line: Line, box: Sandbox, code: int
) -> None:
    events = aiter(line.events())
    await anext(events)
    await box.inflict("cut_streams", code=code)
    with pytest.raises(Unreachable):
        async with asyncio.timeout(5):
            await anext(events)


async def test_a_socket_that_falls_silent_is_noticed(line: Line, box: Sandbox) -> None:
    opened = await line._client.connect("trade_updates", "stream", "/stream")
    socket = Socket(opened, beat=0.05)
    await socket.say(line._client.sign_in)
    assert await socket.hear() is not None
    assert await socket.hear() is None  # a pong: it lives
    await box.inflict("mute_streams")
    with pytest.raises(Unreachable, match="silent"):
        await to_its_loss(_documents(socket))
    await opened.close()


async def _documents(socket: Socket) -> AsyncIterator[object]:
    while True:
        yield await socket.hear()


async def test_lost_repeated_and_reordered_frames_end_in_the_same_order(
    line: Line, box: Sandbox, number: str
) -> None:
    for kind in ("drop_frame", "duplicate_frame", "reorder_frame"):
        box.faults.add(kind, path="/stream", containing='"event":"partial_fill"')
    box.exchange.liquidity["AAPL"] = Decimal(1)
    async with hearing(line) as heard:
        placed = await line.place(ticket(number, terms(quantity="6")))
        await until(lambda: box.paper.executions)
        for _ in range(6):
            box.exchange.set_price("AAPL", Decimal("250.00"))
        await until(has(heard, OrderStatus.FILLED))
    told = [*reports(heard), *(await line.snapshot(number)).orders]
    sums = summed(reduce(join, map(facts_of, told)))
    assert known(told, placed.broker_order_id).status is OrderStatus.FILLED
    assert sums.filled == 6
    assert sum(one.quantity for one in sums.executions) == 6


async def test_a_bust_is_heard(line: Line, box: Sandbox, number: str) -> None:
    async with hearing(line) as heard:
        await line.place(ticket(number, terms()))
        await until(has(heard, OrderStatus.FILLED))
        (execution,) = box.paper.executions
        mishaps.bust(box.exchange, box.paper, execution)
        await until(lambda: any(report.busted for report in reports(heard)))
    sums = summed(reduce(join, map(facts_of, reports(heard))))
    assert sums.executions == ()
    assert sums.filled == 0


async def test_a_refused_replacement_leaves_the_old_order_at_work(
    line: Line, box: Sandbox, number: str
) -> None:
    async with hearing(line) as heard:
        placed = await line.place(resting(number))
        await until(has(heard, OrderStatus.NEW))
        box.exchange.refuse_replacements = 1
        new = await line.replace(placed, terms(limit="201"), "bg-2")
        await until(has(heard, OrderStatus.REJECTED))
    assert known(reports(heard), placed.broker_order_id).status is OrderStatus.NEW
    assert known(reports(heard), new.broker_order_id).status is OrderStatus.REJECTED
