"""The journal read back: where a stream stands, what came after a revision, the whole state."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from tortoise.expressions import Q

from domain.account import Account, AccountValuation, Balance
from domain.changes import (
    CashChange,
    Change,
    Changed,
    ChangeKind,
    HoldingChange,
    IntentChange,
    Revocation,
)
from domain.connection import Connection
from domain.drift import Drift
from domain.errors import ErrorCode, Problem
from domain.holding import Mark
from domain.ids import AccountId, ConnectionId, UserId
from domain.intent import Intent, IntentState
from domain.order import Order, OrderEvent
from domain.transaction import TransactionChange
from store.codec import decode
from store.database import Database
from store.models import (
    AccountRow,
    ConnectionRow,
    HoldingRow,
    IntentRow,
    JournalRow,
    MarkRow,
    OrderRow,
    Stream,
    new_stream,
)
from store.values import (
    account_of,
    balances_of,
    connection_of,
    holding_of,
    marks_of,
    order_of,
    valuations_of,
)

# How long before the newest change an order may have ended and still be shown to a newcomer.
_RECENT = timedelta(hours=24)
_HEADS = "SELECT user_id, revision FROM stream WHERE user_id = ANY($1)"
_EVER = datetime.min.replace(tzinfo=UTC)

_KINDS: Mapping[ChangeKind, type[Changed]] = {
    ChangeKind.ORDER: OrderEvent,
    ChangeKind.HOLDING: HoldingChange,
    ChangeKind.CASH: CashChange,
    ChangeKind.TRANSACTION: TransactionChange,
    ChangeKind.ACCOUNT: Account,
    ChangeKind.CONNECTION: Connection,
    ChangeKind.INTENT: IntentChange,
    ChangeKind.DRIFT: Drift,
    ChangeKind.REVOCATION: Revocation,
}


class ResyncReason(StrEnum):
    """Why a cursor cannot be resumed from."""

    EPOCH_CHANGED = "EPOCH_CHANGED"
    EXPIRED = "EXPIRED"
    AHEAD = "AHEAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest revision of a user's stream; `tag` tells this stream from one that was lost."""

    revision: int
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that a user has, as of one revision: sold-out holdings and old orders left out.

    `unknown` are the intents of which nobody knows whether there is an order.
    """

    head: Head
    connections: tuple[Connection, ...]
    accounts: tuple[Account, ...]
    balances: Mapping[AccountId, tuple[Balance, ...]]
    valuations: Mapping[AccountId, AccountValuation]
    holdings: tuple[HoldingChange, ...]
    marks: Mapping[ConnectionId, tuple[Mark, ...]]
    orders: tuple[Order, ...]
    unknown: tuple[Intent, ...] = ()


class Journal:
    """Reads only; every method but `prune` may be called from any process."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def head(self, user: UserId) -> Head:
        """Where the stream stands; a user's first question begins it."""
        return _head(await _stream(user))

    async def heads(self, users: Iterable[UserId]) -> dict[UserId, int]:
        """The newest revision of each, in one query; a user without a stream is left out."""
        (rows,) = await self._db.batches.read([(_HEADS, [list(users)])])
        return {UserId(row["user_id"]): row["revision"] for row in rows}

    async def after(self, user: UserId, revision: int, *, limit: int = 500) -> tuple[Change, ...]:
        """The next changes in order. What a purge took out leaves a gap in the revisions."""
        rows = JournalRow.filter(user_id=user, revision__gt=revision)
        return tuple(map(_change, await rows.order_by("revision").limit(limit)))

    async def state(self, user: UserId) -> State:
        """Everything as of one revision: changes after `head` follow on without a gap."""
        await _stream(user)
        async with self._db.transaction():
            # SQLite has no FOR SHARE and needs none: its transaction excludes every writer.
            if self._db.engine == "postgres":
                lock = "SELECT 1 FROM stream WHERE user_id = $1 FOR SHARE"
                await self._db.client.execute_query(lock, [user])
            return await self._state(user)

    async def _state(self, user: UserId) -> State:
        accounts = await AccountRow.filter(user_id=user).order_by("id")
        connections = await ConnectionRow.filter(user_id=user).order_by("created_at", "id")
        holdings = await HoldingRow.filter(user_id=user, held=True)
        marks = await MarkRow.filter(user_id=user)
        return State(
            head=await self.head(user),
            connections=tuple(connection_of(row) for row in connections),
            accounts=tuple(map(account_of, accounts)),
            balances=balances_of(accounts),
            valuations=valuations_of(accounts),
            holdings=tuple(map(holding_of, holdings)),
            marks={key: tuple(each.values()) for key, each in marks_of(marks).items()},
            orders=await self._orders(user),
            unknown=await _unknown(user),
        )

    async def _orders(self, user: UserId) -> tuple[Order, ...]:
        open_rows = await OrderRow.filter(user_id=user, open=True)
        last = await JournalRow.filter(user_id=user).order_by("-revision").first()
        since = last.at - _RECENT if last else _EVER
        ended = await OrderRow.filter(user_id=user, open=False, changed_at__gte=since)
        rows = sorted([*open_rows, *ended], key=lambda row: (row.placed_at, row.id), reverse=True)
        return tuple(map(order_of, rows))

    async def resync_reason(self, user: UserId, revision: int, tag: str) -> ResyncReason | None:
        """Why changes after this cursor would not be all that happened; None if they are."""
        stream = await _stream(user)
        if stream.tag != tag:
            return ResyncReason.EPOCH_CHANGED
        if revision > stream.revision:
            return ResyncReason.AHEAD
        return ResyncReason.EXPIRED if revision < stream.floor else None

    async def prune(self, before: datetime) -> int:
        """Forget changes older than this, but keep those of orders, which are their history.

        Returns how many are gone. Whoever resumes from before them is told EXPIRED.
        """
        users = await JournalRow.filter(_old(before)).distinct().values_list("user_id", flat=True)
        return sum([await self._prune(str(user), before) for user in users])

    async def _prune(self, user: str, before: datetime) -> int:
        async with self._db.transaction():
            stream = await Stream.filter(user_id=user).select_for_update().get()
            rows = JournalRow.filter(_old(before), user_id=user)
            newest = await rows.order_by("-revision").first()
            if newest is None:
                return 0
            stream.floor = max(stream.floor, newest.revision)
            await stream.save(update_fields=["floor"])
            return await rows.delete()


async def _unknown(user: UserId) -> tuple[Intent, ...]:
    rows = IntentRow.filter(user_id=user, state=IntentState.UNKNOWN.value)
    return tuple([decode(Intent, row.value) for row in await rows.order_by("created_at", "id")])


def _old(before: datetime) -> Q:
    return Q(at__lt=before) & ~Q(kind=ChangeKind.ORDER.value)


async def _stream(user: UserId) -> Stream:
    stream = await Stream.get_or_none(user_id=user)
    if stream is None:
        await Stream.bulk_create([new_stream(user)], ignore_conflicts=True)
        stream = await Stream.get(user_id=user)
    return stream


def _head(stream: Stream) -> Head:
    return Head(revision=stream.revision, tag=stream.tag)


def _change(row: JournalRow) -> Change:
    kind = ChangeKind(row.kind)
    return Change(
        user_id=UserId(row.user_id),
        revision=row.revision,
        kind=kind,
        at=row.at,
        value=decode(_KINDS[kind], row.value),
        connection_id=None if row.connection_id is None else ConnectionId(row.connection_id),
        account_id=None if row.account_id is None else AccountId(row.account_id),
    )


def encode_cursor(revision: int, tag: str) -> str:
    """An opaque place in a stream, safe in a URL."""
    return base64.urlsafe_b64encode(f"{revision}.{tag}".encode()).decode().rstrip("=")


def decode_cursor(text: str) -> tuple[int, str]:
    """The revision and the tag again; raises Problem(CURSOR_INVALID)."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        plain = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        revision, _, tag = plain.partition(".")
        number = int(revision) if revision.isdecimal() else -1
    except (ValueError, binascii.Error):
        number, tag = -1, ""
    if number < 0 or not tag:
        message = "this cursor was not made here; start again without one"
        raise Problem(ErrorCode.CURSOR_INVALID, message, field="after")
    return number, tag
