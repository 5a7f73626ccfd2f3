"""Changes over a real store: gap-free, for those who may see them."""

import asyncio
import random

import pytest

from domain.changes import CashChange, ChangeKind, HoldingChange
from domain.errors import ErrorCode, Problem
from domain.events import Event
from domain.ids import ConnectionId, UserId
from domain.order import OrderEvent
from store.journal import ResyncReason, encode_cursor
from streaming.frames import ChangeFrame, Heartbeat, ResyncFrame, SnapshotFrame
from streaming.hub import Hub
from streaming.views import Views
from tests.streaming.conftest import USER, House
from tests.streaming.samples import fill, holding, order, snapshot
from tests.streaming.watching import changes, degrade, later
from tests.waiting import taken

ORDERS = [f"order-{number}" for number in range(6)]


async def test_the_first_frame_is_a_snapshot_and_what_follows_comes_live(house: House) -> None:
    link = await house.connect()
    await house.ledger.record(USER, link.id, snapshot(holding(5)))
    frames = house.views.changes(USER)
    (first,) = await taken(frames)
    assert isinstance(first, SnapshotFrame)
    assert [held.holding for held in first.state.holdings] == [holding(5)]
    await house.ledger.record(USER, link.id, fill("1", 1))
    (second,) = await changes(frames)
    assert isinstance(second.change.value, OrderEvent)
    assert second.cursor == encode_cursor(second.change.revision, first.state.head.tag)
    await frames.aclose()


async def test_who_resumes_gets_what_followed_the_cursor_and_no_snapshot(house: House) -> None:
    link = await house.connect()
    head = await house.journal.head(USER)
    await house.ledger.record(USER, link.id, snapshot(holding(5)))
    frames = house.views.changes(USER, after=encode_cursor(head.revision, head.tag))
    kinds = [frame.change.kind for frame in await changes(frames, 3)]
    assert kinds == [ChangeKind.ACCOUNT, ChangeKind.HOLDING, ChangeKind.CASH]
    await frames.aclose()


async def test_a_cursor_that_leads_nowhere_is_told_why_before_the_snapshot(house: House) -> None:
    await house.connect()
    head = await house.journal.head(USER)
    for cursor, reason in [
        (encode_cursor(head.revision, "another"), ResyncReason.EPOCH_CHANGED),
        (encode_cursor(head.revision + 9, head.tag), ResyncReason.AHEAD),
    ]:
        frames = house.views.changes(USER, after=cursor)
        told, whole = await taken(frames, 2)
        assert isinstance(told, ResyncFrame)
        assert isinstance(whole, SnapshotFrame)
        assert told.reason is reason
        assert told.cursor == whole.cursor
        await frames.aclose()


async def test_a_cursor_that_is_none_is_a_problem(house: House) -> None:
    with pytest.raises(Problem) as raised:
        await anext(house.views.changes(USER, after="nonsense"))
    assert raised.value.code is ErrorCode.CURSOR_INVALID


async def test_silence_is_broken_by_heartbeats_that_resume_behind_what_was_not_asked_for(
    house: House,
) -> None:
    link = await house.connect()
    frames = house.views.changes(USER, kinds=[ChangeKind.ORDER])
    (first,) = await taken(frames)
    assert isinstance(first, SnapshotFrame)
    await house.ledger.record(USER, link.id, snapshot(holding(5)))
    head = await house.journal.head(USER)
    beats = await taken(frames, 2)
    assert all(isinstance(beat, Heartbeat) for beat in beats)
    assert isinstance(beats[1], Heartbeat)
    assert beats[1].cursor == encode_cursor(head.revision, head.tag)
    await frames.aclose()


async def test_only_the_accounts_asked_for_are_seen(house: House) -> None:
    link = await house.connect()
    one = await house.ledger.record(USER, link.id, snapshot(holding(5)))
    other = await house.ledger.record(USER, link.id, snapshot(holding(7), number="OTHER"))
    assert one.account_id
    assert other.account_id
    frames = house.views.changes(USER, accounts=frozenset({one.account_id}))
    (first,) = await taken(frames)
    assert isinstance(first, SnapshotFrame)
    assert {each.id for each in first.state.accounts} == {one.account_id}
    assert {each.account_id for each in first.state.holdings} == {one.account_id}
    assert set(first.state.balances) == set(first.state.valuations) == {one.account_id}
    assert [each.id for each in first.state.connections] == [link.id]
    await house.ledger.record(USER, link.id, snapshot(holding(8), number="OTHER", at=later(1)))
    await house.ledger.record(USER, link.id, snapshot(holding(6), at=later(1)))
    (second,) = await changes(frames)
    assert second.change.account_id == one.account_id
    await frames.aclose()


async def test_an_allowance_hides_the_connections_of_other_accounts(house: House) -> None:
    link, other = await house.connect(), await house.connect()
    mine = await house.ledger.record(USER, link.id, snapshot())
    await house.ledger.record(USER, other.id, snapshot(number="OTHER"))
    assert mine.account_id
    allowed = frozenset({mine.account_id})
    head = await house.journal.head(USER)
    resumed = house.views.changes(
        USER, after=encode_cursor(head.revision, head.tag), accounts=allowed
    )
    waiting = asyncio.create_task(changes(resumed))
    watched = house.views.connections(USER, accounts=allowed)
    assert [each.id for each in await taken(watched)] == [link.id]
    await degrade(house, other.id)
    await degrade(house, link.id)
    assert [frame.change.connection_id for frame in await waiting] == [link.id]
    assert [each.id for each in await taken(watched)] == [link.id]
    await resumed.aclose()
    await watched.aclose()


async def test_nobody_sees_another_users_changes(house: House) -> None:
    link = await house.connect()
    bob = UserId("bob")
    frames = house.views.changes(bob)
    await taken(frames)
    await house.ledger.record(USER, link.id, snapshot(holding(5)))
    (beat,) = await taken(frames)
    assert isinstance(beat, Heartbeat)
    await frames.aclose()


async def test_a_long_backlog_keeps_every_order_event_and_the_newest_of_the_rest(
    house: House,
) -> None:
    link = await house.connect()
    head = await house.journal.head(USER)
    for part in range(1, 11):
        for key in range(8):
            await house.ledger.record(USER, link.id, fill(f"o{key}", part))
        await house.ledger.record(
            USER, link.id, snapshot(holding(part), cash=part, at=later(3600 + part))
        )
    newest = (await house.journal.head(USER)).revision
    frames = house.views.changes(USER, after=encode_cursor(head.revision, head.tag))
    told: list[ChangeFrame] = []
    while not told or told[-1].change.revision < newest:
        told += await changes(frames)
    values = [frame.change.value for frame in told]
    assert sum(isinstance(value, OrderEvent) for value in values) == 80
    assert [v.holding for v in values if isinstance(v, HoldingChange)] == [holding(10)]
    assert [v.balances[0].cash for v in values if isinstance(v, CashChange)] == [10]
    revisions = [frame.change.revision for frame in told]
    assert revisions == sorted(set(revisions))
    await frames.aclose()


@pytest.mark.parametrize("seed", range(3))
async def test_a_client_that_is_cut_at_random_sees_every_order_event_once_and_in_order(
    any_house: House, seed: int
) -> None:
    chance = random.Random(seed)
    link = await any_house.connect()
    head = await any_house.journal.head(USER)
    cursor, told = encode_cursor(head.revision, head.tag), list[OrderEvent]()
    trading = asyncio.create_task(trade(any_house, link.id, chance))
    async with asyncio.timeout(20):
        while len(told) < len(ORDERS) * 10:
            cursor, more = await listen(any_house, cursor, chance.randint(1, 9))
            told += more
    await trading
    for key in ORDERS:
        parts = [each.order.filled_quantity for each in told if each.order.broker_order_id == key]
        assert parts == list(range(1, 11))
    assert any_house.hub.listeners == 0


async def trade(house: House, link: ConnectionId, chance: random.Random) -> None:
    """Ten fills of each order, in no order among the orders, with snapshots in between."""
    for part in range(1, 11):
        reports = [fill(key, part) for key in chance.sample(ORDERS, len(ORDERS))]
        whole: Event = snapshot(holding(part), at=later(part))
        await asyncio.gather(*(house.ledger.record(USER, link, said) for said in (*reports, whole)))


async def listen(house: House, cursor: str, many: int) -> tuple[str, list[OrderEvent]]:
    """One connection of a client that is cut after so many frames: its cursor, what it was told."""
    told = []
    frames = house.views.changes(USER, after=cursor)
    for frame in await taken(frames, many):
        assert isinstance(frame, ChangeFrame | Heartbeat)
        cursor = frame.cursor
        if isinstance(frame, ChangeFrame) and isinstance(frame.change.value, OrderEvent):
            told.append(frame.change.value)
    await frames.aclose()
    return cursor, told


async def test_a_hub_that_nothing_is_pushed_to_misses_nothing_within_two_seconds(
    any_house: House,
) -> None:
    """As in another process, with the bus off."""
    link = await any_house.connect()
    deaf = Hub(any_house.journal, any_house.clock)
    views = Views(any_house.journal, deaf, any_house.marks, any_house.clock)
    async with deaf.running():
        frames = views.changes(USER)
        await taken(frames)
        for part in range(1, 11):
            await any_house.ledger.record(USER, link.id, fill("1", part))
        told = [
            frame.change.value
            for frame in await changes(frames, 11, within=2)
            if isinstance(frame.change.value, OrderEvent)
        ]
        assert [event.order.filled_quantity for event in told] == list(range(1, 11))
        await frames.aclose()


async def test_a_doorbell_brings_what_another_process_wrote_at_once(house: House) -> None:
    link = await house.connect()
    deaf = Hub(house.journal, house.clock)
    views = Views(house.journal, deaf, house.marks, house.clock, heartbeat=60)
    frames = views.orders(USER)
    await taken(frames)
    await house.ledger.record(USER, link.id, order("1"))
    deaf.heard(USER, (await house.journal.head(USER)).revision)
    (told,) = await changes(frames, within=1)
    assert isinstance(told.change.value, OrderEvent)
    await frames.aclose()
