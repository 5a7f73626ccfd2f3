"""A journal in memory that counts how often it is read and can be held up."""

import asyncio
from collections.abc import Collection

from domain.changes import Change, ChangeKind, Revocation
from domain.ids import UserId
from tests.clock import START


class ListJournal:
    """What `Hub` reads of a journal."""

    def __init__(self) -> None:
        self.rows: list[Change] = []
        self.reads = 0
        self.open = asyncio.Event()
        self.open.set()

    def commit(self, user: UserId, revision: int) -> Change:
        """One more change."""
        change = Change(
            user_id=user,
            revision=revision,
            kind=ChangeKind.REVOCATION,
            at=START,
            value=Revocation(subject=None, reason=str(revision)),
        )
        self.rows.append(change)
        return change

    async def heads(self, users: Collection[UserId]) -> dict[UserId, int]:
        """The newest revision of each."""
        return {row.user_id: row.revision for row in self.rows if row.user_id in users}

    async def after(self, user: UserId, revision: int) -> tuple[Change, ...]:
        """What is there when the read begins; told once `open` is set."""
        self.reads += 1
        found = [row for row in self.rows if row.user_id == user and row.revision > revision]
        await self.open.wait()
        return tuple(found)
