"""Nothing is missed, nothing is held for users whom nobody watches."""

import asyncio
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.changes import Change
from domain.ids import ConnectionId, UserId
from streaming.hub import Hub
from tests.clock import START, FakeClock, rest
from tests.streaming.journal import ListJournal
from tests.streaming.samples import AAPL, MSFT, mark

ADA, BOB = UserId("ada"), UserId("bob")
LINE = ConnectionId("line")


def revisions(changes: tuple[Change, ...]) -> list[int]:
    return [change.revision for change in changes]


async def test_what_is_pushed_is_read_from_memory() -> None:
    journal = ListJournal()
    hub = Hub(journal, FakeClock())
    with hub.watch(ADA):
        hub.push([journal.commit(ADA, 1), journal.commit(ADA, 2)])
        assert revisions(await hub.after(ADA, 0)) == [1, 2]
        assert revisions(await hub.after(ADA, 1)) == [2]
        assert revisions(await hub.after(ADA, 2)) == []
    assert journal.reads == 0


async def test_a_gap_in_what_is_pushed_is_filled_from_the_journal() -> None:
    journal = ListJournal()
    hub = Hub(journal, FakeClock())
    with hub.watch(ADA):
        hub.push([journal.commit(ADA, 1)])
        journal.commit(ADA, 2)
        hub.push([journal.commit(ADA, 3)])
        assert revisions(await hub.after(ADA, 1)) == [2, 3]
    assert journal.reads == 1


async def test_who_is_too_slow_for_memory_reads_the_journal() -> None:
    journal = ListJournal()
    hub = Hub(journal, FakeClock(), kept=2)
    with hub.watch(ADA):
        hub.push([journal.commit(ADA, revision) for revision in range(1, 6)])
        assert revisions(await hub.after(ADA, 3)) == [4, 5]
        assert journal.reads == 0
        assert revisions(await hub.after(ADA, 1)) == [2, 3, 4, 5]
        assert journal.reads == 1


async def test_a_push_wakes_only_those_who_watch_that_user() -> None:
    journal = ListJournal()
    hub = Hub(journal, FakeClock())
    with hub.watch(ADA) as hers, hub.watch(BOB) as his:
        hub.push([journal.commit(ADA, 1)])
        assert await hers.wait(1)
        assert not await his.wait(0.01)


async def test_all_who_ask_for_the_same_share_one_read() -> None:
    journal = ListJournal()
    hub = Hub(journal, FakeClock())
    journal.commit(ADA, 1)
    with hub.watch(ADA):
        answers = await asyncio.gather(*(hub.after(ADA, 0) for _ in range(20)))
    assert [revisions(answer) for answer in answers] == [[1]] * 20
    assert journal.reads == 1


async def test_nobody_joins_a_read_that_began_before_the_news() -> None:
    journal = ListJournal()
    hub = Hub(journal, FakeClock())
    with hub.watch(ADA) as watch:
        journal.open.clear()
        early = asyncio.create_task(hub.after(ADA, 0))
        await rest()
        journal.commit(ADA, 1)
        hub.heard(ADA, 1)
        assert await watch.wait(1)
        watch.clear()
        late = asyncio.create_task(hub.after(ADA, 0))
        await rest()
        journal.open.set()
        assert (revisions(await early), revisions(await late)) == ([], [1])


async def test_a_reader_who_goes_away_does_not_take_the_read_from_the_others() -> None:
    journal = ListJournal()
    hub = Hub(journal, FakeClock())
    journal.commit(ADA, 1)
    with hub.watch(ADA):
        journal.open.clear()
        leaving = asyncio.create_task(hub.after(ADA, 0))
        staying = asyncio.create_task(hub.after(ADA, 0))
        await rest()
        leaving.cancel()
        await rest()
        journal.open.set()
        assert revisions(await staying) == [1]


async def test_another_process_is_heard_within_a_second_without_a_bus() -> None:
    journal, clock = ListJournal(), FakeClock()
    hub = Hub(journal, clock)
    async with hub.running():
        with hub.watch(ADA) as watch:
            await clock.advance(0)
            journal.commit(ADA, 1)
            await clock.advance(1)
            assert await watch.wait(0)
            assert revisions(await hub.after(ADA, 0)) == [1]


async def test_the_heads_are_looked_at_again_after_the_database_was_away() -> None:
    class Away(ListJournal):
        broken = True

        async def heads(self, users: object) -> dict[UserId, int]:
            if self.broken:
                raise OSError("the database is away")
            return {ADA: 1}

    journal, clock = Away(), FakeClock()
    hub = Hub(journal, clock)
    async with hub.running():
        with hub.watch(ADA) as watch:
            await clock.advance(5)
            journal.broken = False
            await clock.advance(1)
            assert await watch.wait(0)


async def test_every_commit_is_rung_for_once_and_named_by_its_newest_revision() -> None:
    rung: list[tuple[UserId, int]] = []
    journal = ListJournal()
    hub = Hub(journal, FakeClock(), lambda user, revision: rung.append((user, revision)))
    hub.push([journal.commit(ADA, 1), journal.commit(ADA, 2), journal.commit(BOB, 7)])
    assert rung == [(ADA, 2), (BOB, 7)]


async def test_of_what_is_not_journalled_only_the_latest_is_kept() -> None:
    hub = Hub(ListJournal(), FakeClock())
    with hub.watch(ADA, live=True) as watch:
        begun, _ = hub.live_after(ADA, 0)
        hub.publish(ADA, mark(1), LINE)
        hub.publish(ADA, mark(2, MSFT), LINE)
        hub.publish(ADA, mark(3), LINE)
        assert await watch.wait(1)
        version, shown = hub.live_after(ADA, begun)
        assert shown == (mark(2, MSFT), mark(3))
        assert hub.live_after(ADA, version) == (version, ())
        later = mark(4, at=START + timedelta(seconds=1))
        hub.publish(ADA, later, LINE)
        assert hub.live_after(ADA, version)[1] == (later,)
        assert AAPL.id == later.instrument_id


async def test_prices_do_not_wake_who_watches_the_journal_alone() -> None:
    hub = Hub(ListJournal(), FakeClock())
    with hub.watch(ADA) as watch:
        hub.publish(ADA, mark(1), LINE)
        assert not await watch.wait(0.01)


async def test_two_thousand_watches_leave_nothing_behind() -> None:
    journal = ListJournal()
    hub = Hub(journal, FakeClock())
    tasks = asyncio.all_tasks()
    for round_ in range(2_000):
        with hub.watch(UserId(str(round_ % 7)), live=True):
            hub.publish(UserId(str(round_ % 7)), mark(1), LINE)
            assert hub.listeners == 1
    assert hub.listeners == 0
    assert hub._users == {}
    assert asyncio.all_tasks() == tasks


@given(
    st.lists(st.sampled_from(["push", "elsewhere", "heard", "read"]), max_size=40),
    st.integers(1, 4),
)
def test_a_reader_gets_every_revision_once_and_in_order(steps: list[str], kept: int) -> None:
    async def story() -> None:
        journal = ListJournal()
        hub = Hub(journal, FakeClock(), kept=kept)
        got: list[int] = []
        with hub.watch(ADA):
            for step in [*steps, "heard", *["read"] * 3]:
                last = len(journal.rows)
                if step == "push":
                    hub.push([journal.commit(ADA, last + 1)])
                elif step == "elsewhere":
                    journal.commit(ADA, last + 1)
                elif step == "heard":
                    hub.heard(ADA, last)
                else:
                    got += revisions(await hub.after(ADA, got[-1] if got else 0))
        assert got == list(range(1, len(journal.rows) + 1))

    asyncio.run(story())
