"""Who may trade: a state per scope, read under a lock by whoever is about to send."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.queryset import QuerySet

from domain.audit import AuditEntry
from domain.errors import ErrorCode, Problem
from domain.ids import AccountId, UserId
from domain.risk import TradingScope, TradingState
from store.database import Database
from store.models import AccountLink, AccountRow, ConnectionRow, TradingStateRow
from store.unit import Unit
from store.writer import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state of one scope, since when, by whom and why; `subject` is empty for the server."""

    scope: TradingScope
    subject: str
    state: TradingState
    since: datetime
    by: str
    reason: str = ""


def scope_id(scope: TradingScope, subject: str) -> str:
    """The one name of a scope: `ACCOUNT:...`, `SERVER:`."""
    return f"{scope.value}:{subject}"


async def states_of(db: Database, unit: Unit, ids: Iterable[str]) -> Mapping[str, TradingState]:
    """The states of these scopes and of the server, locked against a halt until the commit.

    A user's own scopes are written under the user's lock, which the unit holds; the server's row
    is shared among users, so it is locked for itself. A halt waits for whoever holds it.
    """
    server = await _server_row(db, unit)
    rows = await TradingStateRow.filter(id__in=list(ids))
    return {row.id: TradingState(row.state) for row in (*rows, server)}


async def _server_row(db: Database, unit: Unit) -> TradingStateRow:
    """Made if it is missing, because what is not there cannot be locked."""
    name = scope_id(TradingScope.SERVER, "")
    # SQLite has no FOR SHARE and needs none: a transaction excludes every other writer.
    if db.engine == "postgres":
        lock = "SELECT 1 FROM trading_state WHERE id = $1 FOR SHARE"
        await db.client.execute_query(lock, [name])
    row = await TradingStateRow.get_or_none(id=name)
    if row is not None:
        return row
    new = TradingStateRow(id=name, state=TradingState.ACTIVE.value, since=unit.now, by="")
    await TradingStateRow.bulk_create([new], ignore_conflicts=True)
    return await _server_row(db, unit)


class TradingStates:
    """Sets and shows the states."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def set(
        self,
        user: UserId,
        scope: TradingScope,
        subject: str,
        state: TradingState,
        *,
        reason: str = "",
    ) -> Standing:
        """Once this returns, nothing that the state forbids flips to SENDING any more."""

        async def job(unit: Unit) -> Standing:
            row = TradingStateRow(
                id=scope_id(scope, subject),
                state=state.value,
                since=unit.now,
                by=user,
                reason=reason,
            )
            await TradingStateRow.bulk_create(
                [row], on_conflict=["id"], update_fields=["state", "since", "by", "reason"]
            )
            detail = {"scope": scope_id(scope, subject), "reason": reason}
            unit.audit(
                AuditEntry(
                    at=unit.now,
                    actor=user,
                    action="trading.state",
                    outcome=state.value,
                    detail=detail,
                )
            )
            return _standing(row)

        return await self._writer.write(user, job)

    async def accounts(
        self, user: UserId, scope: TradingScope, subject: str
    ) -> Mapping[AccountId, UserId]:
        """Whose accounts a scope reaches; NOT_FOUND if it is not the user's.

        A connection reaches every account that it is linked to, whichever owns it now.
        """
        match scope:
            case TradingScope.SERVER:
                rows = AccountRow.all()
            case TradingScope.USER if subject == user:
                rows = AccountRow.filter(user_id=user)
            case TradingScope.CONNECTION:
                await _must_exist(ConnectionRow.filter(id=subject, user_id=user))
                links = AccountLink.filter(connection_id=subject)
                ids = await links.values_list("account_id", flat=True)
                rows = AccountRow.filter(id__in=list(map(str, ids)), user_id=user)
            case _:
                rows = AccountRow.filter(id=subject, user_id=user)
                await _must_exist(rows)
        return {AccountId(row.id): UserId(row.user_id) for row in await rows}

    async def shown(self, subjects: Mapping[TradingScope, Iterable[str]]) -> tuple[Standing, ...]:
        """The states of these scopes that were ever set, and of the server."""
        ids = [scope_id(scope, each) for scope, all_ in subjects.items() for each in all_]
        ids.append(scope_id(TradingScope.SERVER, ""))
        return tuple(map(_standing, await TradingStateRow.filter(id__in=ids).order_by("id")))


def _standing(row: TradingStateRow) -> Standing:
    scope, _, subject = row.id.partition(":")
    return Standing(
        scope=TradingScope(scope),
        subject=subject,
        state=TradingState(row.state),
        since=row.since,
        by=row.by,
        reason=row.reason,
    )


async def _must_exist(rows: QuerySet[Any]) -> None:
    if not await rows.exists():
        raise Problem(ErrorCode.NOT_FOUND, "no such account or connection", field="id")
