"""However stream, poll and reply are broken and mixed, the order ends as the exchange has it."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import sandbox
from domain.errors import BrokerError, ErrorCode, Problem
from domain.facts import OrderReport
from domain.ids import OrderId
from domain.intent import Intent, IntentState
from domain.money import ZERO
from domain.order import Order
from sandbox.orders import Order as Booked
from tests.trading.orders import endpoints, market, resting
from tests.trading.rig import ADA, Later, Rig, rig
from trading.drafts import Changes

ANSWERS = (None, "reset_after", "error_after", "garbage_after", "truncated_after", "fill_first")
FRAMES = ("duplicate_frame", "reorder_frame", "delay_frame", "drop_frame", "alter_frame")
MORE: dict[str, dict[str, Any]] = {
    "alter_frame": {"set": {"unheard_of": 1}},
    "delay_frame": {"seconds": 0.02},
}
# What a person may do to an order that may be over by then.
_LATE = {
    ErrorCode.BROKER_REFUSED,
    ErrorCode.CONFLICT,
    ErrorCode.INVALID_TICKET,
    ErrorCode.ORDER_NOT_FOUND,
}


@asynccontextmanager
async def _streaming(made: Rig) -> AsyncIterator[None]:
    """What a feed does with the order stream, for as long as the block runs."""
    (account,) = await made.reads.accounts(ADA)
    connection = await made.reads.connection(ADA, account.connection_id)
    assert connection
    broker = await made.lines.open(connection)
    up = asyncio.Event()

    async def listen() -> None:
        while True:
            with suppress(BrokerError):
                async for event in broker.events():
                    up.set()
                    if isinstance(event, OrderReport):
                        await made.ledger.record(ADA, connection.id, event)

    task = asyncio.create_task(listen())
    await up.wait()
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _play(made: Rig, box: sandbox.Sandbox, seed: int) -> None:
    """One order's life, with everything that may happen to it at moments of chance."""
    chance = random.Random(seed)
    (account,) = await made.reads.accounts(ADA)
    _break(box, chance)

    async def soon() -> None:
        await asyncio.sleep(chance.uniform(0, 0.02))

    async def work() -> None:
        for _ in range(chance.randint(1, 5)):
            await soon()
            box.exchange.liquidity["AAPL"] = Decimal(chance.randint(1, 4))
            box.exchange.work()
            box.exchange.set_price("AAPL", Decimal(250))

    async def poll() -> None:
        for _ in range(chance.randint(0, 2)):
            await soon()
            with suppress(BrokerError):
                await made.sync(account)

    draft = market(quantity=chance.randint(1, 6))
    if chance.random() < 0.5:
        draft = resting(quantity=chance.randint(1, 6), price=chance.choice(["1.00", "300.00"]))
    place = made.desk.orders.place(ADA, account.id, draft, key=f"seed-{seed}")
    intent, *_ = await asyncio.gather(place, work(), poll())
    if intent.order_id and chance.random() < 0.4:
        await asyncio.gather(_meddle(made, intent.order_id, chance, seed), work(), poll())
    await _settle(made, box, intent)


def _break(box: sandbox.Sandbox, chance: random.Random) -> None:
    answer = chance.choice(ANSWERS)
    if answer is not None:
        box.faults.add(answer, method="POST", path="/v2/orders")
    for kind in chance.sample(FRAMES, chance.randint(0, 3)):
        box.faults.add(kind, method="FRAME", count=chance.randint(1, 4), **MORE.get(kind, {}))


async def _meddle(made: Rig, order: OrderId, chance: random.Random, seed: int) -> None:
    """A replacement or a cancel, which may come too late."""
    try:
        if chance.random() < 0.5:
            await made.desk.canceling.one(ADA, order)
        else:
            changes = Changes(limit_price=Decimal(chance.choice(["2.00", "299.00"])))
            await made.desk.orders.replace(ADA, order, changes, key=f"replace-{seed}")
    except (Problem, BrokerError) as refusal:
        if refusal.code not in _LATE:
            raise


async def _settle(made: Rig, box: sandbox.Sandbox, intent: Intent) -> None:
    """Nothing is broken any more; one look, and the order is what the exchange has."""
    box.faults.clear()
    box.exchange.work()
    intent = await made.desk.resolving.one(intent)
    assert intent.state is IntentState.PLACED
    assert intent.order_id
    (account,) = await made.reads.accounts(ADA)
    await made.sync(account)
    order = await made.reads.order(ADA, intent.order_id)
    assert order
    chain = _chain(box, intent.client_order_id)
    assert order.broker_order_id in {each.id for each in chain}
    assert _seen(order) == _true(box, chain)


def _chain(box: sandbox.Sandbox, client_id: str) -> list[Booked]:
    """The exchange's orders that are this one, the first first."""
    orders = box.paper.orders
    (first,) = [order for order in orders.values() if order.client_id == client_id]
    chain = [first]
    while heirs := [order for order in orders.values() if order.replaces == chain[-1].id]:
        chain += heirs
    return chain


def _seen(order: Order) -> tuple[object, ...]:
    return (
        order.status.value,
        order.filled_quantity,
        sorted((fill.quantity, fill.price) for fill in order.executions),
        order.unattributed_quantity,
    )


def _true(box: sandbox.Sandbox, chain: list[Booked]) -> tuple[object, ...]:
    last = next(each for each in reversed(chain) if each.status != "REJECTED")
    fills = [f for f in box.paper.executions.values() if f.order_id in {o.id for o in chain}]
    return (
        last.status.value,
        sum((each.filled for each in chain), ZERO),
        sorted((fill.quantity, fill.price) for fill in fills),
        ZERO,
    )


async def _many(made: Rig, box: sandbox.Sandbox, seeds: range) -> None:
    box.paper.cash = Decimal(10**9)
    async with _streaming(made):
        for seed in seeds:
            try:
                await _play(made, box, seed)
            except AssertionError as failed:
                raise AssertionError(f"seed {seed}") from failed


async def test_forty_broken_lives_end_as_the_exchange_has_them(
    made: Rig, box: sandbox.Sandbox
) -> None:
    await _many(made, box, range(40))


@pytest.mark.soak
async def test_a_thousand_broken_lives_end_as_the_exchange_has_them(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    counts: Counter[str] = Counter()
    # A new exchange for every hundred: each look at an account lists all of its orders.
    for block in range(10):
        url = f"sqlite://{tmp_path}/{block}.sqlite3"
        async with (
            sandbox.serve(seed=1, rate_limit=1_000_000) as box,
            rig(url, endpoints(box), clock=Later()) as made,
        ):
            _, account = await made.link(sandbox.PAPER_KEY, sandbox.PAPER_SECRET)
            await made.sync(account)
            await _many(made, box, range(100 * block, 100 * (block + 1)))
            counts["orders"] += len(box.paper.orders)
            counts["executions"] += len(box.paper.executions)
    record_property("seeds", "0 to 999")
    for name, count in counts.items():
        record_property(name, count)
