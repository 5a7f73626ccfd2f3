"""Killed at any moment, a server never makes two orders of one key, and never loses one."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest

import sandbox
from domain.intent import Boundary
from tests.trading.killing import Killing, killing
from tests.trading.orders import hold, ours

FAULTS = (None, "timeout_after", "reset_after", "error_after", "error")


# While the request is out: the moments at which the most is in doubt.
MID_SEND = (Boundary.WRITING, Boundary.WRITTEN, Boundary.REPLIED)


@pytest.fixture
async def made(box: sandbox.Sandbox, migrated_url: str) -> AsyncIterator[Killing]:
    async with killing(box, migrated_url) as made:
        yield made


async def test_a_placement_killed_at_every_boundary_is_one_order_or_none(made: Killing) -> None:
    for boundary in Boundary:
        order = {"kind": "place", "key": made.next_case()}
        died, after = await made.killed(order, kill=boundary)
        assert died, f"nothing happens at {boundary}"
        assert (after["state"] == "PLACED") is _arrives(boundary), (boundary, after)


async def test_a_replacement_killed_at_every_boundary_leaves_one_live_order(made: Killing) -> None:
    _, placed = await made.run(kind="rest", key="to-be-replaced")
    made.box.exchange.work()
    for number, boundary in enumerate(Boundary):
        price = f"{number + 2}.00"
        order = {"kind": "replace", "key": made.next_case(), "order": placed["order"]}
        died, _ = await made.killed({**order, "price": price}, kill=boundary)
        assert died, f"nothing happens at {boundary}"
        made.box.exchange.work()
        live = [each for each in ours(made.box) if each.live]
        assert len(live) == 1


async def test_a_close_killed_at_every_boundary_never_turns_the_position(made: Killing) -> None:
    for boundary in Boundary:
        hold(made.box, 3)
        order = {"kind": "close", "key": made.next_case()}
        died, after = await made.killed(order, kill=boundary)
        assert died, f"nothing happens at {boundary}"
        made.box.exchange.work()
        # Whatever the first came to, a second close takes what is left and no more.
        await made.killed({"kind": "close", "key": made.next_case()})
        made.box.exchange.work()
        assert made.box.paper.holding("AAPL").quantity == 0, (boundary, after)


async def test_kills_at_random_never_double_and_never_lose(made: Killing) -> None:
    ends = await _at_random(made, range(40))
    # How many of forty die in time is chance on a busy machine.
    if ends["killed"] <= 20:
        ends += await _at_random(made, range(40, 80))
    assert ends["killed"] > 20, ends


@pytest.mark.soak
async def test_three_hundred_kills_at_random(
    made: Killing, record_property: Callable[[str, object], None]
) -> None:
    seeds = range(1_000, 1_300)
    ends = await _at_random(made, seeds)
    record_property("seeds", f"{seeds.start} to {seeds.stop - 1}")
    for name, count in sorted(ends.items()):
        record_property(name, count)
    assert ends["killed"] > 200, ends
    assert ends["killed in mid-send"] > 50, ends


async def _longest(made: Killing) -> float:
    """A little more than a placement takes here and now, so that some die after its end."""
    times = []
    for _ in range(5):
        _, answer = await made.run(kind="place", key=made.next_case())
        times.append(float(answer["took"]))
    return max(times) * 1.2


async def _at_random(made: Killing, seeds: range) -> Counter[str]:
    """How many died and where, and what became of all the orders.

    Each dies some time after a boundary or after the beginning, so that however fast the machine
    is, the kills spread over all of a placement.
    """
    ends: Counter[str] = Counter()
    longest = await _longest(made)
    for seed in seeds:
        chance = random.Random(seed)
        fault = chance.choice(FAULTS)
        if fault is not None:
            made.box.faults.add(fault, method="POST", path="/v2/orders")
        boundary = chance.choice((None, *MID_SEND, *Boundary))
        order = {"kind": "place", "key": made.next_case()}
        if boundary is None:
            how: dict[str, object] = {"die_after": chance.uniform(0, longest)}
        else:
            how = {"kill": boundary, "die_after": chance.uniform(0, longest / 8)}
        died, after = await made.killed(order, **how)
        ends["killed" if died else "survived"] += 1
        ends["killed in mid-send"] += died and boundary in MID_SEND
        ends[after["state"] or after["code"]] += 1
    return ends


def _arrives(boundary: Boundary) -> bool:
    """Whether there is an order in the end: it had left, or nothing was written and it was asked
    for again."""
    order = list(Boundary)
    forgotten = boundary is Boundary.INTENT_COMMITTING
    return forgotten or order.index(boundary) >= order.index(Boundary.WRITTEN)
