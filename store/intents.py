"""Intents as rows: written down once per key, moved under the user's lock, never forgotten."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from domain.audit import AuditEntry
from domain.books import Books
from domain.changes import ChangeKind, IntentChange
from domain.errors import ErrorCode, Problem
from domain.facts import OrderReport
from domain.ids import AccountId, IntentId, OrderId, UserId
from domain.intent import OURS, Boundary, Intent, IntentState, Trace, placed, untraced
from store.book import Book
from store.codec import decode, encode
from store.leases import Fence, unfenced
from store.models import AccountRow, IntentRow
from store.trading_books import read_books
from store.unit import Unit
from store.writer import Writer

logger = logging.getLogger(__name__)
_UNRESOLVED = [state.value for state in IntentState if not state.definite]


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """The intent of a key; `fresh` if this call wrote it down, so that this caller sends it."""

    intent: Intent
    fresh: bool


class Intents:
    """All moves are made by a pure decision inside the transaction that writes them."""

    def __init__(self, writer: Writer, *, trace: Trace = untraced, fence: Fence = unfenced) -> None:
        self._writer, self._trace, self._fence = writer, trace, fence

    def fenced(self, fence: Fence) -> Self:
        """The same, from which nothing leaves unless the fence lets it."""
        return type(self)(self._writer, trace=self._trace, fence=fence)

    async def commit(
        self,
        user: UserId,
        *,
        key: str,
        body: str,
        account: AccountId,
        begun: datetime,
        decide: Callable[[Books], Intent],
    ) -> Committed:
        """The intent of this key, made by `decide` if there is none; what it raises, nothing is.

        Problem(IDEMPOTENCY_KEY_REUSED) if the key was used for another body.
        """

        async def job(unit: Unit) -> Committed:
            row = await IntentRow.get_or_none(user_id=user, key=key)
            if row is not None:
                return Committed(intent=same_body(decode(Intent, row.value), body), fresh=False)
            intent = decide(await read_books(self._writer.db, unit, account, begun))
            await _row(intent).save(force_create=True)
            unit.audit(_entry(unit, intent, actor=user))
            self._trace(Boundary.INTENT_COMMITTING)
            return Committed(intent=intent, fresh=True)

        return await self._writer.write(user, job)

    async def send(
        self, intent: Intent, *, begun: datetime, decide: Callable[[Books, Intent], Intent]
    ) -> Intent:
        """Let it leave, if what is known under the lock still allows it."""

        async def job(unit: Unit) -> Intent:
            await self._fence(unit)
            known = await _read(unit, intent.id)
            moved = decide(await read_books(self._writer.db, unit, known.account_id, begun), known)
            await _write(unit, moved, was=known.state, actor=moved.owner)
            self._trace(Boundary.SENDING_COMMITTING)
            return moved

        return await self._writer.write(intent.user_id, job)

    async def conclude(
        self, intent: Intent, decide: Callable[[Intent, datetime], Intent], *, actor: str
    ) -> Intent:
        """Move it as `decide` says of what it now is; Problem(CONFLICT) if it may not."""

        async def job(unit: Unit) -> Intent:
            known = await _read(unit, intent.id)
            moved = decide(known, unit.now)
            if moved != known:
                await _write(unit, moved, was=known.state, actor=actor)
            self._trace(Boundary.OUTCOME_COMMITTING)
            return moved

        return await self._writer.write(intent.user_id, job)

    async def appeared(
        self, unit: Unit, account: AccountId, reports: Sequence[OrderReport]
    ) -> None:
        """Orders with ids of ours were seen, so their intents are placed; the ledger calls it.

        Whatever was concluded before is void; that it was wrong is an alarm.
        """
        ours = {report.client_order_id: report.broker_order_id for report in reports}
        names = [name for name in ours if name and name.startswith(OURS)]
        if not names:
            return
        book = Book.of(unit)
        rows = IntentRow.filter(account_id=account, client_order_id__in=names)
        for row in await rows.exclude(state=IntentState.PLACED.value):
            order = book.order_id(account, ours[row.client_order_id])
            if order is not None:
                await self._place(unit, decode(Intent, row.value), order)

    async def _place(self, unit: Unit, known: Intent, order: OrderId) -> None:
        if known.state.definite:
            logger.critical("intent %s was %s, and its order is there", known.id, known.state)
        moved = placed(known, order=order, now=unit.now)
        await _write(unit, moved, was=known.state, actor="ledger")
        self._trace(Boundary.OUTCOME_COMMITTING)

    async def number(self, account: AccountId) -> str:
        """The institution's own id of an account, which nobody but its broker is told."""
        row = await AccountRow.get_or_none(id=account)
        if row is None:
            raise Problem(ErrorCode.NOT_FOUND, "the account is gone", field="accountId")
        return row.number

    async def one(self, user: UserId, id: IntentId) -> Intent | None:
        """One of the user's; None if there is none of this id."""
        row = await IntentRow.get_or_none(id=id, user_id=user)
        return None if row is None else decode(Intent, row.value)

    async def of_key(self, user: UserId, key: str) -> Intent | None:
        """The intent that this key stands for, if it was ever used."""
        row = await IntentRow.get_or_none(user_id=user, key=key)
        return None if row is None else decode(Intent, row.value)

    async def unresolved(self, users: Iterable[UserId] | None = None) -> tuple[Intent, ...]:
        """Everything whose outcome is not known, oldest first; of all users if none are named."""
        rows = IntentRow.filter(state__in=_UNRESOLVED).order_by("created_at", "id")
        if users is not None:
            rows = rows.filter(user_id__in=list(users))
        return tuple(decode(Intent, row.value) for row in await rows)

    async def lately(
        self, user: UserId, *, accounts: Collection[AccountId] | None = None, first: int
    ) -> tuple[Intent, ...]:
        """The user's newest, newest first."""
        rows = IntentRow.filter(user_id=user).order_by("-created_at", "-id").limit(first)
        if accounts is not None:
            rows = rows.filter(account_id__in=list(accounts))
        return tuple(decode(Intent, row.value) for row in await rows)


def same_body(intent: Intent, body: str) -> Intent:
    """The intent, if it was made by this body; else a Problem."""
    if intent.body != body:
        raise reused()
    return intent


def reused() -> Problem:
    """A key stands for one request."""
    return Problem(
        ErrorCode.IDEMPOTENCY_KEY_REUSED,
        "this idempotency key was used for another request; take a new one",
        field="idempotencyKey",
    )


async def _read(unit: Unit, id: IntentId) -> Intent:
    row = await IntentRow.get(id=id, user_id=unit.user)
    return decode(Intent, row.value)


async def _write(unit: Unit, intent: Intent, *, was: IntentState, actor: str) -> None:
    await _row(intent).save(force_update=True)
    unit.audit(_entry(unit, intent, actor=actor))
    _journal(unit, intent, was)


def _journal(unit: Unit, intent: Intent, was: IntentState) -> None:
    """What orders do not tell: that there may be one, that there is none, that there is after all.

    Every other intent is answered at once, and its order tells the rest.
    """
    late = was.definite and intent.state is IntentState.PLACED
    if late or IntentState.UNKNOWN in {was, intent.state}:
        change = IntentChange(intent=intent, late=late)
        unit.change(
            ChangeKind.INTENT, change, connection=intent.connection_id, account=intent.account_id
        )


def _row(intent: Intent) -> IntentRow:
    return IntentRow(
        id=intent.id,
        user_id=intent.user_id,
        account_id=intent.account_id,
        key=intent.key,
        client_order_id=intent.client_order_id,
        state=intent.state.value,
        created_at=intent.created_at,
        value=encode(intent),
    )


def _entry(unit: Unit, intent: Intent, *, actor: str) -> AuditEntry:
    detail = {"intent": intent.id, "client_order_id": intent.client_order_id}
    return AuditEntry(
        at=unit.now,
        actor=actor,
        action=f"intent.{intent.kind.value.lower()}",
        outcome=intent.state.value,
        connection=intent.connection_id,
        code=intent.code,
        detail=detail | ({"note": intent.note} if intent.note else {}),
    )
