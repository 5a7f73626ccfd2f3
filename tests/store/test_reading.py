"""Who only reads waits for nobody who writes, and sees what was committed."""

import asyncio

from store.database import Database
from store.models import Stream, new_stream
from tests.store.house import USER

_REVISIONS = "SELECT revision FROM stream WHERE user_id = $1"


async def test_a_reader_waits_for_no_transaction_and_sees_nothing_of_it_until_it_ends(
    db: Database,
) -> None:
    written, read = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with db.transaction():
            await Stream.bulk_create([new_stream(USER)])
            written.set()
            await read.wait()

    async def seen() -> tuple[int, int]:
        """By either way of asking."""
        rows = await db.batches.read([(_REVISIONS, [USER]), (_REVISIONS, [USER])])
        return await Stream.filter(user_id=USER).count(), sum(map(len, rows))

    writing = asyncio.create_task(write())
    await written.wait()
    async with asyncio.timeout(5):
        assert await seen() == (0, 0)
    read.set()
    await writing
    assert await seen() == (1, 2)


async def test_who_asked_and_went_away_leaves_the_reader_for_others(db: Database) -> None:
    asked = asyncio.create_task(db.batches.read([(_REVISIONS, [USER])] * 100))
    await asyncio.sleep(0)
    asked.cancel()

    assert await db.batches.read([(_REVISIONS, [USER])]) == [[]]
