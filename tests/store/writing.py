"""A process that writes for a user and prints each revision once it is acknowledged."""

import asyncio
import sys

from app.clock import RealClock
from domain.changes import ChangeKind, Revocation
from domain.ids import UserId
from store.database import Database
from store.unit import Unit
from store.writer import Writer


async def main(url: str, name: str, many: int) -> None:
    """Write so many notes for each line that comes in, a few at a time."""
    db = await Database.open(url)
    writer = Writer(db, RealClock(), lambda _: None)
    async with writer.running():
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        turn = 0
        while await asyncio.to_thread(sys.stdin.readline):
            for first in range(turn, turn + many, 4):
                each = (one(writer, f"{name}-{first + index}") for index in range(4))
                await asyncio.gather(*each)
            turn += many
    await db.close()


async def one(writer: Writer, reason: str) -> None:
    """A note, acknowledged on a line of its own."""

    async def job(unit: Unit) -> int:
        note = Revocation(subject=None, reason=reason)
        return unit.change(ChangeKind.REVOCATION, note).revision

    revision = await writer.write(UserId("ada"), job)
    sys.stdout.write(f"{revision} {reason}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
