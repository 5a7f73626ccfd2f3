"""Promise: a client that resumes gets every order event once and in order, whatever is killed."""

import random
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sandbox.orders import OrdType, Side, Ticket, TimeInForce
from store.journal import decode_cursor
from tests.flow.follower import Follower
from tests.flow.world import World, world
from tests.waiting import asked_until

ROUNDS = 40
SYMBOLS = ("AAPL", "MSFT", "NVDA")
ORDERS = """
query Orders($after: Cursor) {
  orders(first: 50, after: $after) {
    edges { node {
      id events { execType order { status filledQuantity } executions { executionId } }
    } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
POSITIONS = "{ positions(first: 100) { edges { node { id quantity } } } }"


def _trade(seeded: random.Random, made: World, *, certain: bool = False) -> None:
    """Something happens to an order that was placed elsewhere, or to a new one.

    Prices that move may fill nothing; what is `certain` is told to a client at once.
    """
    exchange, account = made.box.exchange, made.box.paper
    resting = [one for one in account.orders.values() if one.live]
    act = "place" if certain else seeded.choice(("place", "cancel", "fill"))
    if act == "cancel" and resting:
        exchange.cancel(account, seeded.choice(resting).id)
    elif act == "fill":
        symbol = seeded.choice(SYMBOLS)
        exchange.liquidity[symbol] = Decimal(seeded.randint(1, 3))
        moved = Decimal(seeded.choice(("0.99", "1.01")))
        price = exchange.market.quotes[symbol].last * moved
        exchange.set_price(symbol, price.quantize(Decimal("0.01")))
    else:
        exchange.submit(account, _ticket(seeded, made))
    exchange.work()


def _ticket(seeded: random.Random, made: World) -> Ticket:
    symbol = seeded.choice(SYMBOLS)
    last = made.box.exchange.market.quotes[symbol].last
    factor = Decimal(seeded.choice(("0.995", "1.005", "0.9")))
    return Ticket(
        symbol=symbol,
        side=Side.BUY,
        quantity=Decimal(seeded.randint(1, 6)),
        type=OrdType.LIMIT,
        time_in_force=TimeInForce.GOOD_TILL_CANCEL,
        limit_price=(last * factor).quantize(Decimal("0.01")),
    )


async def _live_through(made: World, *, rounds: int, seed: int) -> Follower:
    """Trade while sockets are cut and the server is killed; the client after all has settled."""
    seeded = random.Random(seed)
    address = ""
    follower = Follower(url=lambda: address, token=made.tokens["ada"])
    left = rounds
    # Enough for a long run, or orders would be refused before anybody hears of them.
    made.box.paper.cash = Decimal(10**9)
    async with follower:
        while left:
            async with made.served() as (address, child):
                if not follower.frames:
                    await follower.until(len)
                    await made.api(address).link()
                lives = min(left, seeded.randint(1, 8))
                for _ in range(lives):
                    await _round(seeded, made, follower)
                left -= lives
                if left:
                    child.process.kill()
                    await child.ended()
                    _trade(seeded, made)
                    continue
                await _settle(made, follower)
                await _compare(made, follower, address)
    return follower


async def _round(seeded: random.Random, made: World, follower: Follower) -> None:
    """A few trades, with a cut somewhere between, and something delivered before it goes on."""
    before = len(follower.frames)
    for turn in range(seeded.randint(1, 4)):
        _trade(seeded, made, certain=turn == 0)
        if seeded.random() < 0.4:
            follower.cut()
    await follower.until(lambda frames: len(frames) > before)


async def _settle(made: World, follower: Follower) -> None:
    """Nothing rests any more, and the client has heard what became of everything."""
    account = made.box.paper
    for order in [one for one in account.orders.values() if one.live]:
        made.box.exchange.cancel(account, order.id)
    made.box.exchange.work()
    book = {id: (one.status.name, one.filled) for id, one in account.orders.items()}
    await follower.until(lambda frames: _told(frames) == book)


def _told(frames: list[dict[str, Any]]) -> dict[str, tuple[str, Decimal]]:
    """The last word on each order, by the broker's id."""
    orders = [frame["order"] for frame in frames if frame["__typename"] == "OrderChanged"]
    return {one["brokerOrderId"]: (one["status"], Decimal(one["filledQuantity"])) for one in orders}


async def _compare(made: World, follower: Follower, address: str) -> None:
    """What was delivered is the journal, event by event; the newest state is the server's."""
    # An execution that a look adds may be journalled, and delivered, after all else has settled.
    await asked_until(lambda: _differing(made, follower, address), lambda found: not found)
    events = [frame for frame in follower.frames if frame["__typename"] == "OrderChanged"]
    revisions = [decode_cursor(frame["cursor"])[0] for frame in events]
    assert all(one < next for one, next in pairwise(revisions))
    assert [f["__typename"] for f in follower.frames].count("Snapshot") == 1
    api = made.api(address)
    held = [edge["node"] for edge in (await api.ask(POSITIONS))["positions"]["edges"]]
    followed = {
        frame["holding"]["id"]: frame["holding"]["quantity"]
        for frame in follower.frames
        if frame["__typename"] == "HoldingChanged"
    }
    still = {id: quantity for id, quantity in followed.items() if Decimal(quantity)}
    assert still == {one["id"]: one["quantity"] for one in held}


async def _differing(made: World, follower: Follower, address: str) -> list[Any]:
    """By order, what was delivered and what is in the journal, where they are not the same."""
    orders = await made.api(address).pages(ORDERS, "orders")
    journalled = {order["id"]: [_event(each) for each in order["events"]] for order in orders}
    delivered: dict[str, list[tuple[str, ...]]] = {id: [] for id in journalled}
    for frame in follower.frames:
        if frame["__typename"] == "OrderChanged":
            delivered[frame["order"]["id"]].append(_event(frame))
    return [(delivered[id], told) for id, told in journalled.items() if delivered[id] != told]


def _event(event: dict[str, Any]) -> tuple[str, ...]:
    order = event["order"]
    fills = [each["executionId"] for each in event["executions"]]
    return (event["execType"], order["status"], order["filledQuantity"], *fills)


async def test_every_order_event_comes_once_and_in_order_through_cuts_and_kills(
    tmp_path: Path, database_url: str
) -> None:
    async with world(tmp_path, DATABASE_URL=database_url) as made:
        follower = await _live_through(made, rounds=ROUNDS, seed=11)
        assert follower.connects > ROUNDS / 4


@pytest.mark.soak
async def test_the_same_four_hundred_times(
    tmp_path: Path, database_url: str, record_property: Callable[[str, object], None]
) -> None:
    async with world(tmp_path, DATABASE_URL=database_url) as made:
        follower = await _live_through(made, rounds=400, seed=12)
    events = [frame for frame in follower.frames if frame["__typename"] == "OrderChanged"]
    counts = {
        "seed": 12,
        "rounds": 400,
        "sockets": follower.connects,
        "orders": len(made.box.paper.orders),
        "order events": len(events),
    }
    for name, count in counts.items():
        record_property(name, count)
