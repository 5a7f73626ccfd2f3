"""Transactions as they are kept: each once, amended in place, by pages."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.changes import ChangeKind
from domain.errors import Problem
from domain.ids import UserId
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

FIRST = Reading(began_at=at(0), token="next")
DONE = Reading(until=at(0), looked_back_at=at(0))


def bought(id: str, seconds: int = 0, **more: object) -> Transaction:
    made = Transaction(
        broker_id=id,
        type=TransactionType.BUY,
        raw_type="FILL",
        status=TransactionStatus.POSTED,
        raw_status="",
        at=at(seconds),
        day=date(2026, 6, 1),
        currency="USD",
        amount=Decimal("-1000"),
        instrument=APPLE,
        quantity=Decimal(10),
        price=Decimal(100),
    )
    return replace(made, **more)  # type: ignore[arg-type]  # fields by name


class Books:
    """An account whose transactions are read."""

    def __init__(self, house: House) -> None:
        self.house = house

    async def read(self, *told: Transaction, reading: Reading = DONE) -> Recorded:
        """Take in a page."""
        event = TransactionsRead(account=NUMBER, transactions=told, reading=reading)
        return await self.house.ledger.record(USER, self.connection, event)

    async def kept(self, **filters: object) -> list[TransactionChange]:
        """All that is kept, newest first."""
        page = await self.house.reads.transactions(USER, first=200, **filters)  # type: ignore[arg-type]  # filters by name
        return list(page.items)


@pytest.fixture
async def books(house: House) -> Books:
    books = Books(house)
    books.connection = (await house.connect()).id  # type: ignore[attr-defined]  # set once
    await house.ledger.record(USER, books.connection, snapshot())  # type: ignore[attr-defined]  # set once
    return books
