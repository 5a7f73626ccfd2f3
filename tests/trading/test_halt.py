"""Once a halt has returned, nothing that adds exposure leaves."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

import sandbox
from domain.errors import ErrorCode, Problem
from domain.intent import Intent, IntentState
from domain.order import OrderSide, OrderStatus
from domain.risk import TradingScope, TradingState
from tests.trading.orders import PATH, endpoints, hold, market, ours, resting
from tests.trading.rig import ADA, Rig, rig
from tests.trading.servers import placer
from tests.waiting import until


async def _place(made: Rig, key: str, side: OrderSide = OrderSide.BUY) -> Intent:
    draft = resting(side, price=1 if side is OrderSide.BUY else 9999)
    return await made.place(draft, key)


@asynccontextmanager
async def _working(box: sandbox.Sandbox) -> AsyncIterator[None]:
    """The exchange does what it is asked while inside, as a real one does."""

    async def work() -> None:
        while True:
            box.exchange.work()
            await asyncio.sleep(0.01)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()


async def _is_kept_out(made: Rig, box: sandbox.Sandbox, key: str) -> ErrorCode:
    posts = len(box.log.matching("POST", PATH))
    with pytest.raises(Problem) as raised:
        await _place(made, key)
    assert len(box.log.matching("POST", PATH)) == posts
    return raised.value.code


@pytest.mark.parametrize("scope", TradingScope)
async def test_every_scope_holds_back_what_is_in_it_until_it_is_resumed(
    made: Rig, box: sandbox.Sandbox, scope: TradingScope
) -> None:
    (account,) = await made.reads.accounts(ADA)
    subject = {
        TradingScope.SERVER: "",
        TradingScope.USER: ADA,
        TradingScope.CONNECTION: account.connection_id,
        TradingScope.ACCOUNT: account.id,
    }[scope]
    halted = await made.desk.halt.halt(ADA, scope, subject, reason="test")
    assert (halted.standing.state, halted.standing.reason) == (TradingState.HALTED, "test")
    assert await _is_kept_out(made, box, "halted") is ErrorCode.TRADING_HALTED
    await made.desk.halt.resume(ADA, scope, subject)
    assert (await _place(made, "resumed")).state is IntentState.PLACED


async def test_a_halt_cancels_what_is_open_and_a_cancel_always_passes(
    made: Rig, box: sandbox.Sandbox
) -> None:
    placed = [await _place(made, f"k{number}") for number in range(3)]
    box.exchange.work()
    async with _working(box):
        halted = await made.desk.halt.halt(ADA, TradingScope.USER, ADA)
    assert {order.id for order in halted.swept.over} == {intent.order_id for intent in placed}
    assert {order.status for order in halted.swept.over} == {OrderStatus.CANCELED}
    assert halted.swept.unconfirmed == ()
    assert not any(order.live for order in ours(box))


async def test_a_halt_lists_what_it_could_not_confirm(made: Rig, box: sandbox.Sandbox) -> None:
    await _place(made, "open")
    box.exchange.work()
    box.faults.add("error", method="DELETE", path="/v2/orders/*", count=0)
    halted = await made.desk.halt.halt(ADA, TradingScope.USER, ADA)
    (left,) = halted.swept.unconfirmed
    assert left.code is ErrorCode.OUTCOME_UNKNOWN


async def test_a_halt_lists_what_may_still_turn_up(made: Rig, box: sandbox.Sandbox) -> None:
    box.faults.add("error", method="POST", path=PATH)
    lost = await _place(made, "lost")
    assert lost.state is IntentState.UNKNOWN
    halted = await made.desk.halt.halt(ADA, TradingScope.USER, ADA)
    assert [intent.id for intent in halted.in_flight] == [lost.id]


async def test_a_halt_that_flattens_leaves_nothing_held(made: Rig, box: sandbox.Sandbox) -> None:
    hold(box, 5)
    (account,) = await made.reads.accounts(ADA)
    await made.sync(account)
    async with _working(box):
        halted = await made.desk.halt.halt(ADA, TradingScope.ACCOUNT, account.id, flatten=True)
    box.exchange.work()
    assert [intent.state for intent in halted.exits] == [IntentState.PLACED]
    assert halted.not_flattened == ()
    assert box.paper.holding("AAPL").quantity == 0


async def test_reducing_lets_an_exit_through_and_nothing_else(
    made: Rig, box: sandbox.Sandbox
) -> None:
    hold(box, 5)
    account = await made.account()
    await made.desk.halt.halt(ADA, TradingScope.USER, ADA, state=TradingState.REDUCING)
    place = made.desk.orders.place
    for number, (side, quantity) in enumerate([(OrderSide.BUY, 1), (OrderSide.SELL, 6)]):
        with pytest.raises(Problem) as raised:
            await place(ADA, account, market(side, quantity), key=f"no{number}")
        assert raised.value.code is ErrorCode.TRADING_REDUCING
    exit_ = await place(ADA, account, market(OrderSide.SELL, 5), key="exit")
    assert exit_.state is IntentState.PLACED
    box.exchange.work()
    with pytest.raises(Problem) as raised:
        await place(ADA, account, market(OrderSide.SELL, 1), key="again")
    assert raised.value.code is ErrorCode.TRADING_REDUCING
    assert box.paper.holding("AAPL").quantity == 0


async def _race(made: Rig, box: sandbox.Sandbox, database: str, seed: int) -> None:
    """Fifty placements of another server, and one halt from here."""
    account = await made.account()
    box.faults.add("slow", method="POST", path=PATH, count=0, seconds=0.05)
    async with placer(box, database, seed) as process, _working(box):
        assert process.stdin
        process.stdin.write(b"go\n")
        await _some_left(box, random.Random(seed))
        racing = asyncio.create_task(process.communicate(b"halting\n"))
        halted = await made.desk.halt.halt(ADA, TradingScope.ACCOUNT, account)
        posts = len(box.log.matching("POST", PATH))
        live = {order.client_id for order in ours(box) if order.live}
        out, _ = await racing
    assert live <= {intent.client_order_id for intent in halted.in_flight}
    _check(box, [tuple(each) for each in json.loads(out)], posts)


async def _some_left(box: sandbox.Sandbox, chance: random.Random) -> None:
    some = chance.randint(1, 15)
    await until(lambda: len(box.log.matching("POST", PATH)) >= some)


def _check(box: sandbox.Sandbox, done: list[tuple[Any, Any, Any]], posts: int) -> None:
    """Of each its id, its code, and its order if it has one."""
    assert len(box.log.matching("POST", PATH)) == posts, "an order left after the halt"
    assert 0 < posts < len(done), "the halt came too early or too late to tell anything"
    assert {name for name, _, order in done if order} == {each.client_id for each in ours(box)}
    assert {code for _, code, order in done if not order} == {ErrorCode.TRADING_HALTED}


@pytest.mark.parametrize("seed", range(3))
async def test_fifty_placements_race_a_halt(made: Rig, box: sandbox.Sandbox, seed: int) -> None:
    chance, account = random.Random(seed), await made.account()
    box.faults.add("slow", method="POST", path=PATH, count=0, seconds=0.05)

    halting = asyncio.Event()

    async def one(number: int) -> tuple[Any, Any, Any]:
        # Half of them come while the halt is under way, however fast the others were.
        if number % 2:
            await halting.wait()
        await asyncio.sleep(chance.uniform(0, 1))
        try:
            intent = await made.desk.orders.place(ADA, account, resting(), key=f"key-{number}")
        except Problem as problem:
            return None, problem.code, None
        return intent.client_order_id, intent.code, intent.order_id

    tasks = [asyncio.create_task(one(number)) for number in range(50)]
    await _some_left(box, chance)
    halting.set()
    async with _working(box):
        halted = await made.desk.halt.halt(ADA, TradingScope.ACCOUNT, account)
    posts = len(box.log.matching("POST", PATH))
    live = {order.client_id for order in ours(box) if order.live}
    assert live <= {intent.client_order_id for intent in halted.in_flight}
    _check(box, await asyncio.gather(*tasks), posts)


@pytest.mark.parametrize("seed", range(2))
async def test_fifty_placements_of_one_server_race_a_halt_of_another(
    box: sandbox.Sandbox, postgres_url: str, seed: int
) -> None:
    async with rig(postgres_url, endpoints(box)) as made:
        _, account = await made.link(sandbox.PAPER_KEY, sandbox.PAPER_SECRET)
        await made.sync(account)
        await _race(made, box, postgres_url, seed)


async def test_a_halt_of_another_users_account_is_not_found(made: Rig) -> None:
    for scope in (TradingScope.ACCOUNT, TradingScope.CONNECTION):
        with pytest.raises(Problem) as raised:
            await made.desk.halt.halt(ADA, scope, "somebody-elses")
        assert raised.value.code is ErrorCode.NOT_FOUND
