"""What a job writes with: its user's next revisions and audit lines, saved together at the end."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar, cast

from domain.audit import AuditEntry
from domain.changes import Change, Changed, ChangeKind
from domain.ids import AccountId, ConnectionId, UserId
from domain.order import OrderEvent
from store.audit_chain import AuditChain
from store.codec import encode
from store.models import AuditLine, JournalRow, Stream

T = TypeVar("T")


class Unit:
    """One user's part of a transaction, shared by the jobs of that user in it.

    `now` is when the transaction began, the same for all that it writes; `about` is what the
    jobs said that they are about, so that the first can read for all.
    """

    def __init__(
        self, stream: Stream, now: datetime, chain: AuditChain | None, about: Sequence[object]
    ) -> None:
        self.user, self.now, self.about = UserId(stream.user_id), now, tuple(about)
        self.changes: list[Change] = []
        self._stream, self._chain = stream, chain
        self._lines: list[AuditLine] = []
        self._kept: dict[type, object] = {}
        self._at_end: list[Callable[[], Awaitable[None]]] = []

    def change(
        self,
        kind: ChangeKind,
        value: Changed,
        *,
        connection: ConnectionId | None = None,
        account: AccountId | None = None,
    ) -> Change:
        """Journal it under the next revision."""
        self._stream.revision += 1
        change = Change(
            user_id=self.user,
            revision=self._stream.revision,
            kind=kind,
            at=self.now,
            value=value,
            connection_id=connection,
            account_id=account,
        )
        self.changes.append(change)
        return change

    def audit(self, entry: AuditEntry) -> None:
        """Append to the user's chain."""
        if self._chain is None:
            raise RuntimeError("this writer was made without an audit chain")
        stream = self._stream
        line = self._chain.next(self.user, stream.audit_sequence, stream.audit_head, entry)
        stream.audit_sequence, stream.audit_head = line.sequence, line.hash
        self._lines.append(line)

    def kept(self, kind: type[T], make: Callable[[], T]) -> T:
        """The one of its kind in this unit: what one job has read, the next need not."""
        if kind not in self._kept:
            self._kept[kind] = make()
        return cast("T", self._kept[kind])

    def at_end(self, save: Callable[[], Awaitable[None]]) -> None:
        """Run once before the commit, after all jobs."""
        self._at_end.append(save)

    async def save(self) -> None:
        """Write what was gathered; the writer calls it."""
        for save in self._at_end:
            await save()
        if self.changes:
            await JournalRow.bulk_create(map(_row, self.changes))
        if self._lines:
            await AuditLine.bulk_create(self._lines)
        if self.changes or self._lines:
            await self._stream.save(update_fields=["revision", "audit_sequence", "audit_head"])


def _row(change: Change) -> JournalRow:
    value = change.value
    return JournalRow(
        user_id=change.user_id,
        revision=change.revision,
        kind=change.kind.value,
        at=change.at,
        connection_id=change.connection_id,
        account_id=change.account_id,
        order_id=value.order.id if isinstance(value, OrderEvent) else None,
        value=encode(value),
    )
