"""The audit: appended to, read by its own check, sealed when it grows old."""

from dataclasses import dataclass
from datetime import UTC, datetime

from domain.audit import AuditEntry
from domain.clock import utc
from domain.ids import UserId
from store.audit_chain import AuditChain, link_text
from store.codec import Unreadable, decode
from store.keyring import Keyring
from store.models import AuditLine, AuditSeal, Stream
from store.unit import Unit
from store.writer import Writer

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHead:
    """Where a chain stood; kept in a log elsewhere, it shows a tail that was cut off."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a chain is whole; if not, the first row that is not as it was written."""

    ok: bool
    row: int | None = None
    reason: str | None = None


class Audit:
    """One chain per user, under keys derived from the master keys."""

    def __init__(self, writer: Writer, keyring: Keyring) -> None:
        self._writer, self._keyring = writer, keyring

    async def append(self, user: UserId, entry: AuditEntry) -> None:
        """Write it down; it is there once this returns."""

        async def job(unit: Unit) -> None:
            unit.audit(entry)

        await self._writer.write(user, job)

    async def heads(self) -> dict[UserId, AuditHead]:
        """Where every user's chain stands, to be logged where the database is not."""
        return {
            UserId(stream.user_id): AuditHead(
                sequence=stream.audit_sequence, hash=stream.audit_head
            )
            for stream in await Stream.filter(audit_sequence__gt=0)
        }

    async def verify(self, user: UserId, *, logged: AuditHead | None = None) -> Verdict:
        """Read the whole chain; `logged` is a head that was logged before, if there is one."""
        stream = await Stream.get_or_none(user_id=user)
        seal = await AuditSeal.get_or_none(user_id=user)
        check = _Check(self._keyring.audit_chain(), user, seal, logged)
        await check.read(stream.audit_sequence if stream else 0)
        if check.fault is None and stream is not None:
            check.end(stream.audit_sequence, stream.audit_head)
        return check.fault or Verdict(ok=True)

    async def seal(self, before: datetime) -> int:
        """Let go of lines older than this, keeping where each chain went on; how many."""
        users = (
            await AuditLine.filter(at__lt=utc(before)).distinct().values_list("user_id", flat=True)
        )
        return sum([await self._seal(UserId(str(user)), utc(before)) for user in users])

    async def close(self, user: UserId) -> int:
        """Let go of every line of a user who is gone; what stays says how many there were."""
        return await self._seal(user, datetime.max.replace(tzinfo=UTC))

    async def _seal(self, user: UserId, before: datetime) -> int:
        chain = self._keyring.audit_chain()

        async def job(unit: Unit) -> int:
            lines = AuditLine.filter(user_id=user).order_by("sequence")
            kept = await lines.filter(at__gte=before).first()
            old = lines.filter(sequence__lt=kept.sequence) if kept else lines
            last = await old.order_by("-sequence").first()
            if last is None:
                return 0
            row = AuditSeal(
                user_id=user,
                sequence=last.sequence,
                hash=last.hash,
                sealed_at=unit.now,
                signature=chain.sign(_seal_text(user, last.sequence, last.hash)),
            )
            await AuditSeal.filter(user_id=user).delete()
            await row.save(force_create=True)
            return await AuditLine.filter(user_id=user, sequence__lte=last.sequence).delete()

        return await self._writer.write(user, job)


class _Check:
    """Walks a chain from its beginning, or its seal, and stops at the first fault."""

    def __init__(
        self, chain: AuditChain, user: UserId, seal: AuditSeal | None, logged: AuditHead | None
    ) -> None:
        self._chain, self._user, self._logged = chain, user, logged
        self._sequence: int = seal.sequence if seal else 0
        self._head: str = seal.hash if seal else ""
        self.fault: Verdict | None = None
        if seal is not None:
            text = _seal_text(user, seal.sequence, seal.hash)
            if not chain.holds(text, seal.signature):
                self._found("the seal of the older part was altered")
        self._compare_logged()

    async def read(self, upto: int) -> None:
        """Check every line up to this sequence."""
        while self.fault is None and self._sequence < upto:
            lines = AuditLine.filter(
                user_id=self._user, sequence__gt=self._sequence, sequence__lte=upto
            )
            batch = await lines.order_by("sequence").limit(_BATCH)
            if not batch:
                return
            for line in batch:
                if self.fault is None:
                    self._take(line)

    def end(self, sequence: int, head: str) -> None:
        """The chain has to end where its user's stream says, and not before the logged head."""
        if self._sequence < sequence:
            self._found("lines are missing from here", self._sequence + 1)
        elif (self._sequence, self._head) != (sequence, head):
            self._found("the chain does not end where its user's stream says")
        elif self._logged is not None and self._logged.sequence > self._sequence:
            self._found("lines that were logged are missing from here", self._sequence + 1)

    def _take(self, line: AuditLine) -> None:
        expected = self._sequence + 1
        if line.sequence != expected:
            self._found("lines are missing from here", expected)
            return
        text = link_text(self._user, expected, self._head, line.value)
        if not self._chain.holds(text, line.hash) or not _columns_match(line):
            self._found("this line or its hash was altered", expected)
            return
        self._sequence, self._head = line.sequence, line.hash
        self._compare_logged()

    def _compare_logged(self) -> None:
        logged = self._logged
        if logged and logged.sequence == self._sequence and logged.hash != self._head:
            self._found("this line is not the one that was logged")

    def _found(self, reason: str, row: int | None = None) -> None:
        self.fault = self.fault or Verdict(ok=False, row=row or self._sequence, reason=reason)


def _columns_match(line: AuditLine) -> bool:
    """The columns repeat parts of the value for SQL; the hash covers only the value."""
    try:
        entry = decode(AuditEntry, line.value)
    except Unreadable:
        return False
    return line.at == entry.at and line.connection_id == entry.connection


def _seal_text(user: str, sequence: int, head: str) -> str:
    return f"seal\n{user}\n{sequence}\n{head}"
