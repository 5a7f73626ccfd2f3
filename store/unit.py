"""What a job writes with: its user's next revisions and audit lines, saved with its group's."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar, cast

from domain.audit import AuditEntry
from domain.changes import Change, Changed, ChangeKind
from domain.ids import AccountId, ConnectionId, UserId
from domain.order import OrderEvent
from store.audit_chain import AuditChain
from store.codec import encode
from store.engines import Batches, Query, Rows, Write
from store.models import AuditLine
from store.statements import insert

T = TypeVar("T")

_JOURNAL = ("user_id", "revision", "kind", "at", "connection_id", "account_id", "order_id", "value")
_AUDIT = ("user_id", "sequence", "at", "connection_id", "hash", "value")
_INTO_JOURNAL, _INTO_AUDIT = insert("journal", _JOURNAL), insert("audit", _AUDIT)
_MOVE_STREAM = (
    "UPDATE stream SET revision = $1, audit_sequence = $2, audit_head = $3,"
    " observations = observations + $4 WHERE user_id = $5"
)


Taken = Callable[[Sequence[Rows]], None]


class Foreseen(ABC):
    """A hint that tells beforehand what its job will read."""

    __slots__ = ()

    @abstractmethod
    def foresee(self, group: "Group") -> None:
        """Have the group read it at its beginning."""


class Group:
    """One transaction: what the units of its users share.

    `now` is when it began, or when the last who joined it did; `about` is what its first jobs said
    that they are about, each with its user, so that the first can read for all.
    """

    def __init__(
        self,
        batches: Batches,
        now: datetime,
        chain: AuditChain | None = None,
        about: Sequence[tuple[UserId, object]] = (),
    ) -> None:
        self.batches, self.now, self.chain, self.about = batches, now, chain, tuple(about)
        self._kept: dict[type, object] = {}
        self._at_begin: list[tuple[Sequence[Query], Taken]] = []
        self._at_end: list[Callable[[], Iterable[Write]]] = []

    def kept(self, kind: type[T], make: Callable[[], T]) -> T:
        """The one of its kind in this group: what one job has read, the next need not."""
        if kind not in self._kept:
            self._kept[kind] = make()
        return cast("T", self._kept[kind])

    def at_begin(self, queries: Sequence[Query], taken: Taken) -> None:
        """Have these read together with the users' locks and before any job."""
        self._at_begin.append((queries, taken))

    async def begin(self, lock: Query) -> Rows:
        """What locking gives, and behind it all that is to be read at the beginning."""
        # The first of a kind sees to all of its kind.
        for about in {type(about): about for _, about in self.about}.values():
            if isinstance(about, Foreseen):
                about.foresee(self)
        queries = [query for each, _ in self._at_begin for query in each]
        locked, *rows = await self.batches.read([lock, *queries])
        for each, taken in self._at_begin:
            taken(rows[: len(each)])
            rows = rows[len(each) :]
        return locked

    def at_end(self, writes: Callable[[], Iterable[Write]]) -> None:
        """Have these written too, before the commit and after all jobs."""
        self._at_end.append(writes)

    async def finish(self, units: Iterable["Unit"]) -> None:
        """Write what was gathered and commit; the writer calls it."""
        changed = [unit for unit in units if unit.changes or unit.lines or unit.observed]
        writes = [write for each in self._at_end for write in each()]
        writes += [
            (_INTO_JOURNAL, [_row(change) for unit in changed for change in unit.changes]),
            (_INTO_AUDIT, [_line(line) for unit in changed for line in unit.lines]),
            (_MOVE_STREAM, [unit.position for unit in changed]),
        ]
        await self.batches.finish([(sql, rows) for sql, rows in writes if rows])


class Unit:
    """One user's part of a group, shared by the jobs of that user in it."""

    def __init__(
        self, group: Group, user: UserId, *, revision: int, audit_sequence: int, audit_head: str
    ) -> None:
        self.group, self.user = group, user
        self.changes: list[Change] = []
        self.lines: list[AuditLine] = []
        self.observed = False
        self._revision = revision
        self._audit_sequence, self._audit_head = audit_sequence, audit_head

    @property
    def now(self) -> datetime:
        """When the job that runs came, or a little later."""
        return self.group.now

    @property
    def position(self) -> tuple[int, int, str, int, UserId]:
        """Where the user's stream is now, and by how many observations it moved."""
        observed = int(self.observed)
        return (self._revision, self._audit_sequence, self._audit_head, observed, self.user)

    def observe(self) -> None:
        """Say that something is stored which is not journalled, so that nobody keeps the old."""
        self.observed = True

    def change(
        self,
        kind: ChangeKind,
        value: Changed,
        *,
        connection: ConnectionId | None = None,
        account: AccountId | None = None,
    ) -> Change:
        """Journal it under the next revision."""
        self._revision += 1
        change = Change(
            user_id=self.user,
            revision=self._revision,
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
        chain = self.group.chain
        if chain is None:
            raise RuntimeError("this writer was made without an audit chain")
        line = chain.next(self.user, self._audit_sequence, self._audit_head, entry)
        self._audit_sequence, self._audit_head = line.sequence, line.hash
        self.lines.append(line)


def _row(change: Change) -> tuple[object, ...]:
    value = change.value
    return (
        change.user_id,
        change.revision,
        change.kind.value,
        change.at,
        change.connection_id,
        change.account_id,
        value.order.id if isinstance(value, OrderEvent) else None,
        encode(value),
    )


def _line(line: AuditLine) -> tuple[object, ...]:
    return tuple(getattr(line, column) for column in _AUDIT)
