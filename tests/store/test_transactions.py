"""Transactions as they are kept: each once, amended in place, by pages."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.changes import ChangeKind
from domain.errors import Problem
from domain.ids import ConnectionId, InstrumentId, TransactionId, UserId
from domain.transaction import (
    Reading,
    Transaction,
    TransactionChange,
    TransactionsRead,
    TransactionStatus,
    TransactionType,
)
from store.ledger import Recorded
from tests.store.house import USER, House
from tests.store.samples import APPLE, NUMBER, NVIDIA, at, snapshot

EVE = UserId("eve")
HALF = Reading(began_at=at(0), token="next")
DONE = Reading(until=at(0), looked_back_at=at(0))


def bought(id: str, seconds: int = 0, **more: Any) -> Transaction:
    """Ten apples for a thousand."""
    made = Transaction(
        broker_id=id,
        type=TransactionType.BUY,
        raw_type="FILL",
        status=TransactionStatus.POSTED,
        raw_status="",
        at=at(seconds),
        day=date(2026, 6, 1),
        currency="USD",
        amount=Decimal(-1000),
        instrument=APPLE,
        quantity=Decimal(10),
        price=Decimal(100),
    )
    return replace(made, **more)


@dataclass(frozen=True, slots=True)
class Books:
    """An account whose transactions are read."""

    house: House
    connection: ConnectionId

    async def read(self, *told: Transaction, reading: Reading = DONE) -> Recorded:
        """Take in a page."""
        event = TransactionsRead(account=NUMBER, transactions=told, reading=reading)
        return await self.house.ledger.record(USER, self.connection, event)

    async def kept(self, **filters: Any) -> list[TransactionChange]:
        """All that is kept, newest first."""
        return list((await self.house.reads.transactions(USER, first=200, **filters)).items)

    async def names(self, **filters: Any) -> list[str]:
        """The broker's ids of those."""
        return [one.transaction.broker_id for one in await self.kept(**filters)]


@pytest.fixture
async def books(house: House) -> Books:
    connection = (await house.connect()).id
    await house.ledger.record(USER, connection, snapshot())
    return Books(house, connection)


async def test_the_same_page_twice_is_kept_and_journalled_once(books: Books) -> None:
    recorded = await books.read(bought("1"), bought("2", 1))
    assert [change.kind for change in recorded.changes] == [ChangeKind.TRANSACTION] * 2
    assert (await books.read(bought("1"), bought("2", 1))).changes == ()
    assert await books.names() == ["2", "1"]


async def test_two_that_are_alike_but_for_their_id_are_two(books: Books) -> None:
    await books.read(bought("1"), bought("2"))
    assert sorted(await books.names()) == ["1", "2"]


async def test_an_amended_one_keeps_its_id_and_is_told_again(books: Books) -> None:
    await books.read(bought("1"), bought("2"))
    before = {one.transaction.broker_id: one.id for one in await books.kept()}
    (change,) = (await books.read(bought("1", amount=Decimal(-990)), bought("2"))).changes
    value = change.value
    assert isinstance(value, TransactionChange)
    assert value.id == before["1"]
    assert value.transaction.status is TransactionStatus.CORRECTED
    assert len(await books.kept()) == 2
    assert await books.house.reads.transaction(USER, value.id) == value
    head = (await books.house.journal.head(USER)).revision
    assert (await books.house.journal.after(USER, head - 1)) == (change,)
    assert (await books.read(bought("1", amount=Decimal(-990)))).changes == ()


async def test_what_was_read_and_how_far_are_kept_together(books: Books) -> None:
    assert await books.house.ledger.reading(books.connection, NUMBER) == Reading()
    await books.read(bought("1"), reading=HALF)
    assert await books.house.ledger.reading(books.connection, NUMBER) == HALF
    await books.read(reading=DONE)
    assert await books.house.ledger.reading(books.connection, NUMBER) == DONE


async def test_another_connection_to_the_account_has_nothing_to_read(books: Books) -> None:
    other = Books(books.house, (await books.house.connect()).id)
    assert await books.house.ledger.reading(other.connection, NUMBER) is None
    assert await other.read(bought("1")) == Recorded()
    assert await books.kept() == []


async def test_filters_cut(books: Books) -> None:
    paid = bought("2", 10, type=TransactionType.DIVIDEND, instrument=NVIDIA)
    await books.read(bought("1"), paid, bought("3", 20, instrument=None))
    assert await books.names() == ["3", "2", "1"]
    assert await books.names(instrument=NVIDIA.id) == ["2"]
    assert await books.names(types=[TransactionType.BUY]) == ["3", "1"]
    assert await books.names(types=[]) == []
    assert await books.names(since=at(10)) == ["3", "2"]
    assert await books.names(until=at(10)) == ["1"]
    assert await books.names(accounts=[]) == []
    assert await books.names(connections=[books.connection]) == ["3", "2", "1"]
    assert await books.names(connections=[ConnectionId("other")]) == []


async def test_pages_follow_one_another_through_equal_moments(books: Books) -> None:
    await books.read(*(bought(str(n), n // 3) for n in range(8)))
    seen: list[TransactionChange] = []
    after = None
    while True:
        page = await books.house.reads.transactions(USER, first=3, after=after)
        seen += page.items
        if not page.has_next:
            break
        after = page.cursors[-1]
    assert seen == await books.kept()
    with pytest.raises(Problem):
        await books.house.reads.transactions(USER, first=3, after="nonsense")


async def test_they_are_their_owners(books: Books) -> None:
    await books.read(bought("1", instrument=NVIDIA))
    (mine,) = await books.kept()
    reads = books.house.reads
    assert (await reads.transactions(EVE, first=9)).items == ()
    assert await reads.transaction(EVE, mine.id) is None
    assert await reads.transaction(USER, TransactionId("none")) is None
    assert await reads.instrument(USER, NVIDIA.id) == NVIDIA
    assert await reads.instrument(EVE, NVIDIA.id) is None
    assert await reads.instrument(USER, InstrumentId("EQUITY:NONE:USD")) is None


async def test_a_purge_takes_them_along(books: Books) -> None:
    await books.read(bought("1"))
    await books.house.connections.disconnect(USER, books.connection, purge=True)
    assert await books.kept() == []
