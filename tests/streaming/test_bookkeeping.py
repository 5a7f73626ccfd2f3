"""A connection's transactions: read to the end whatever comes between, each kept once."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.connection import Connection, Resource, SyncStatus
from domain.errors import ErrorCode, NotPermitted
from domain.transaction import (
    Transaction,
    TransactionChange,
    TransactionPage,
    TransactionStatus,
    TransactionType,
)
from streaming.bookkeeping import Bookkeeping
from tests.clock import FakeClock
from tests.streaming.broker import ScriptedBroker
from tests.streaming.conftest import USER, House
from tests.streaming.feeding import running
from tests.streaming.ports import Bench
from tests.streaming.samples import NUMBER, fill, snapshot

NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)
PAGES, MANY = 60, 5_000


def entry(number: int, amount: str = "1") -> Transaction:
    """All alike but for their ids."""
    return Transaction(
        broker_id=f"{number:05}",
        type=TransactionType.BUY,
        raw_type="FILL",
        status=TransactionStatus.POSTED,
        raw_status="",
        at=NOW,
        day=date(2026, 6, 1),
        currency="USD",
        amount=Decimal(amount),
    )


def paged(entries: list[Transaction], pages: int) -> dict[str | None, TransactionPage]:
    """So many pages, the token of each being its number."""
    size = -(-len(entries) // pages)
    tokens = [None, *map(str, range(1, pages)), None]
    return {
        tokens[n]: TransactionPage(
            transactions=tuple(entries[n * size : (n + 1) * size]), token=tokens[n + 1]
        )
        for n in range(pages)
    }


@pytest.fixture
async def connection(house: House) -> Connection:
    made = await house.connect()
    await house.ledger.record(USER, made.id, snapshot())
    return made


async def test_five_thousand_over_sixty_pages_are_each_kept_once_although_cut_twice(
    house: House, connection: Connection
) -> None:
    broker = ScriptedBroker(FakeClock())
    broker.books = paged([entry(n) for n in range(MANY)], PAGES)
    ledger, asked = house.ledger, broker.pages_asked
    for gone in ("17", "41"):
        page = broker.books.pop(gone)
        while True:
            # A new one each time: nothing but the database is carried over.
            books = Bookkeeping(connection, ledger, lambda: NOW)
            books.call_for(NUMBER)
            try:
                await books.read(broker, NUMBER)
            except KeyError:
                break
        broker.books[gone] = page
    count = 1
    while count:
        books = Bookkeeping(connection, ledger, lambda: NOW)
        books.call_for(NUMBER)
        count = await books.read(broker, NUMBER)
        if not books.is_due(NUMBER):
            break
    assert len(asked) == PAGES + 2
    whole = await house.journal.after(USER, 0, limit=MANY * 2)
    changes = [one.value for one in whole if isinstance(one.value, TransactionChange)]
    assert [one.transaction.broker_id for one in changes] == [f"{n:05}" for n in range(MANY)]
    reading = await ledger.reading(connection.id, NUMBER)
    assert reading is not None
    assert (reading.until, reading.token) == (NOW, None)


async def test_a_feed_reads_the_books_at_a_sync_and_after_a_trade(
    bench: Bench, clock: FakeClock
) -> None:
    async with running(bench, clock):
        assert len(bench.broker.pages_asked) == 1
        bench.broker.stream.put_nowait(fill("1", 1))
        await clock.advance(2)
        assert len(bench.broker.pages_asked) == 2
        await clock.advance(300)
        assert len(bench.broker.pages_asked) == 3
    since = [asked[0] for asked in bench.broker.pages_asked]
    assert since[0] is None
    assert None not in since[1:]


async def test_a_long_history_is_read_over_several_looks_and_only_then_called_fresh(
    bench: Bench, clock: FakeClock
) -> None:
    bench.broker.books = paged([entry(n) for n in range(25)], 25)
    async with running(bench, clock):
        assert len(bench.broker.pages_asked) == 10
        assert freshness(bench) is SyncStatus.NEVER
        await clock.advance(1)
        await clock.advance(1)
        assert len(bench.broker.pages_asked) == 25
        assert freshness(bench) is SyncStatus.OK


async def test_books_that_cannot_be_read_leave_the_rest_fresh(
    bench: Bench, clock: FakeClock
) -> None:
    bench.broker.books_ail = NotPermitted("not on this plan")
    async with running(bench, clock) as feed:
        told = {result.resource: result for result in await feed.sync()}
    assert told[Resource.POSITIONS].status is SyncStatus.OK
    assert told[Resource.TRANSACTIONS].status is SyncStatus.FAILED
    assert told[Resource.TRANSACTIONS].error is ErrorCode.NOT_PERMITTED
    known = {each.resource: each for each in bench.now.freshness}
    assert known[Resource.TRANSACTIONS].error is ErrorCode.NOT_PERMITTED
    assert known[Resource.POSITIONS].status is SyncStatus.OK


def freshness(bench: Bench) -> SyncStatus:
    """How the transactions are."""
    known = {each.resource: each for each in bench.now.freshness}
    return known[Resource.TRANSACTIONS].status
