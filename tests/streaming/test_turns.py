"""Prices wake a few watchers in each turn of the loop, orders wake theirs at once."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from domain.ids import ConnectionId, UserId
from streaming.hub import Hub
from streaming.turns import Turns
from streaming.watch import Watch
from tests.clock import FakeClock
from tests.streaming.journal import ListJournal
from tests.streaming.samples import mark

LINE = ConnectionId("line")
MANY = 100


class Sleepers:
    """So many who are woken together, by name."""

    def __init__(self, name: str, count: int, woken: list[str]) -> None:
        self._name, self._count, self._woken = name, count, woken

    def wake_live(self) -> int:
        """All of them."""
        self._woken.append(self._name)
        return self._count


@contextmanager
def watched(hub: Hub) -> Iterator[dict[UserId, Watch]]:
    """Many users with a watcher each."""
    with ExitStack() as stack:
        users = [UserId(f"user-{number}") for number in range(MANY)]
        yield {user: stack.enter_context(hub.watch(user, live=True)) for user in users}


async def awake(watches: dict[UserId, Watch]) -> list[UserId]:
    """Those who need not wait."""
    return [user for user, watch in watches.items() if await watch.wait(0)]


async def test_an_order_does_not_wait_for_all_whom_prices_wake() -> None:
    journal = ListJournal()
    hub = Hub(journal, FakeClock())
    with watched(hub) as watches:
        *_, last = watches
        for user in watches:
            hub.publish(user, mark(1), LINE)
        hub.push([journal.commit(last, 1)])
        assert await awake({last: watches[last]}) == [last]


async def test_prices_wake_a_few_in_a_turn_and_all_in_the_end() -> None:
    hub = Hub(ListJournal(), FakeClock())
    with watched(hub) as watches:
        for user in watches:
            hub.publish(user, mark(1), LINE)
        told = {user: asyncio.create_task(watch.wait()) for user, watch in watches.items()}
        turns = 0
        while not all(task.done() for task in told.values()):
            before = sum(task.done() for task in told.values())
            await asyncio.sleep(0)
            assert sum(task.done() for task in told.values()) - before < MANY / 2
            turns += 1
        assert turns < MANY


async def test_who_came_first_is_woken_first_and_nobody_waits_twice() -> None:
    woken: list[str] = []
    turns = Turns(few=2)
    one, two, three = (Sleepers(name, 1, woken) for name in ("one", "two", "three"))
    for each in (one, two, one, three, two):
        turns.add(each)
    assert woken == []
    await asyncio.sleep(0)
    assert woken == ["one", "two"]
    turns.add(one)
    await asyncio.sleep(0)
    assert woken == ["one", "two", "three", "one"]


async def test_those_who_watch_the_same_are_woken_together() -> None:
    woken: list[str] = []
    turns = Turns(few=2)
    for each in (Sleepers("many", 1_000, woken), Sleepers("other", 1, woken)):
        turns.add(each)
    await asyncio.sleep(0)
    assert woken == ["many"]
    await asyncio.sleep(0)
    assert woken == ["many", "other"]
