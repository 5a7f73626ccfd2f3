"""The journal read back, and cursors into it."""

import asyncio
import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.changes import Change, ChangeKind, Revocation
from domain.errors import ErrorCode, Problem
from domain.order import OrderStatus
from store.journal import ResyncReason, State, decode_cursor, encode_cursor
from store.models import JournalRow, Stream
from store.unit import Unit
from tests.clock import START
from tests.store.house import USER, House
from tests.store.samples import APPLE, holding, report, snapshot

DAY = 24 * 60 * 60


async def note(unit: Unit) -> Change:
    """One more change."""
    return unit.change(ChangeKind.REVOCATION, Revocation(subject="t", reason="noted"))


async def test_changes_come_back_as_they_were_announced(house: House) -> None:
    connection = await house.connect()
    await house.ledger.record(USER, connection.id, snapshot(holdings=[holding()]))
    await house.ledger.record(USER, connection.id, report())
    await house.writer.write(USER, note)
    changes = await house.journal.after(USER, 0)
    assert list(changes) == house.committed
    kinds = {change.kind for change in changes}
    assert kinds >= {ChangeKind.ORDER, ChangeKind.HOLDING, ChangeKind.CASH, ChangeKind.ACCOUNT}
    assert kinds >= {ChangeKind.CONNECTION, ChangeKind.REVOCATION}
    assert await house.journal.after(USER, 2, limit=2) == changes[2:4]


async def test_a_state_and_the_changes_after_its_head_are_all_there_is(house: House) -> None:
    """While others write: every state must equal what the journal says up to its head."""
    connection = await house.connect()
    states: list[State] = []

    async def write() -> None:
        for index in range(15):
            seen = snapshot(index, holdings=[holding(APPLE, str(index + 1))], cash=str(index))
            await house.ledger.record(USER, connection.id, seen)

    async def read() -> None:
        while not writing.done():
            states.append(await house.journal.state(USER))

    writing = asyncio.create_task(write())
    await asyncio.gather(writing, read())
    cash = {
        change.revision: str(change.value.balances[0].cash)
        for change in await house.journal.after(USER, 0)
        if change.kind is ChangeKind.CASH and hasattr(change.value, "balances")
    }
    for state in states:
        told = [amount for revision, amount in cash.items() if revision <= state.head.revision]
        held = [str(balances[0].cash) for balances in state.balances.values()]
        assert held == told[-1:]


async def test_a_state_shows_open_orders_and_those_that_ended_within_a_day(house: House) -> None:
    connection = await house.connect()
    await house.ledger.record(USER, connection.id, report("open"))
    await house.ledger.record(USER, connection.id, report("old", 1, OrderStatus.CANCELED))
    await house.clock.advance(DAY + 1)
    await house.ledger.record(USER, connection.id, report("new", 2, OrderStatus.CANCELED))
    shown = {order.broker_order_id for order in (await house.journal.state(USER)).orders}
    assert shown == {"open", "new"}


async def test_a_cursor_of_another_stream_an_old_one_and_a_future_one_are_told_apart(
    house: House,
) -> None:
    for _ in range(3):
        await house.writer.write(USER, note)
    head = await house.journal.head(USER)
    reason = house.journal.resync_reason
    assert await reason(USER, 0, head.tag) is None
    assert await reason(USER, head.revision, head.tag) is None
    assert await reason(USER, 1, "of a lost database") is ResyncReason.EPOCH_CHANGED
    # A backup was restored: the client has seen what this database has not.
    assert await reason(USER, head.revision + 1, head.tag) is ResyncReason.AHEAD


async def test_pruning_forgets_the_old_keeps_orders_and_tells_who_resumes_from_before(
    house: House,
) -> None:
    connection = await house.connect()
    await house.ledger.record(USER, connection.id, report())
    await house.writer.write(USER, note)
    await house.clock.advance(DAY)
    await house.writer.write(USER, note)
    head = await house.journal.head(USER)
    assert await house.journal.prune(START + timedelta(days=1)) == head.revision - 2
    left = await house.journal.after(USER, 0)
    assert [change.kind for change in left] == [ChangeKind.ORDER, ChangeKind.REVOCATION]
    (order,) = (await house.reads.orders(USER, first=1)).items
    assert len(await house.reads.order_events(USER, order.id)) == 1
    reason = house.journal.resync_reason
    assert await reason(USER, head.revision - 2, head.tag) is ResyncReason.EXPIRED
    assert await reason(USER, head.revision - 1, head.tag) is None
    assert await house.journal.prune(START + timedelta(days=1)) == 0


async def test_the_heads_of_many_users_are_one_answer(house: House) -> None:
    await house.writer.write(USER, note)
    assert await house.journal.heads([USER]) == {USER: 1}
    assert await house.journal.heads([]) == {}


async def test_streams_and_journal_agree(house: House) -> None:
    for _ in range(4):
        await house.writer.write(USER, note)
    stream = await Stream.get(user_id=USER)
    assert stream.revision == await JournalRow.filter(user_id=USER).count() == 4


@given(st.integers(min_value=0, max_value=2**62), st.from_regex(r"\A[0-9a-f]{16}\Z"))
def test_a_cursor_round_trips(revision: int, tag: str) -> None:
    assert decode_cursor(encode_cursor(revision, tag)) == (revision, tag)


@given(st.text() | st.binary().map(lambda raw: raw.hex()))
def test_a_text_that_is_no_cursor_is_refused_or_harmless(text: str) -> None:
    with contextlib.suppress(Problem):
        revision, tag = decode_cursor(text)
        assert revision >= 0
        assert tag


@pytest.mark.parametrize("text", ["", "x", "MQ", "LTEuYWI", "4pyTLmFi", "AAAA", "MS4"])
def test_these_are_no_cursors(text: str) -> None:
    with pytest.raises(Problem) as caught:
        decode_cursor(text)
    assert caught.value.code is ErrorCode.CURSOR_INVALID
