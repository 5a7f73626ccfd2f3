"""Reads what the gate before an order looks at, under the user's lock."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tortoise.expressions import Q

from domain.books import Books, Span
from domain.changes import HoldingChange
from domain.errors import ErrorCode, Problem
from domain.ids import AccountId
from domain.intent import Intent, IntentState
from domain.risk import TradingScope, TradingState
from store.book import Book
from store.codec import decode
from store.database import Database
from store.models import AccountLink, AccountRow, ConnectionRow, HoldingRow, IntentRow
from store.risk_limits import limits_of
from store.trading_states import scope_id, states_of
from store.unit import Unit
from store.values import account_of, connection_of, holding_of, valuations_of

_UNRESOLVED = [state.value for state in IntentState if not state.definite]
_LONGEST_LOOK_BACK = timedelta(days=1)


async def read_books(db: Database, unit: Unit, account: AccountId, begun: datetime) -> Books:
    """The user's accounts of the same environment; NOT_FOUND if this is none of theirs.

    `begun` is when the asking began: holdings observed before it are not fresh.
    """
    row = await AccountRow.get_or_none(id=account, user_id=unit.user)
    if row is None:
        raise Problem(ErrorCode.NOT_FOUND, "no such account", field="accountId")
    connection = await ConnectionRow.get(id=row.connection_id)
    rows = await AccountRow.filter(user_id=unit.user, environment=row.environment)
    book = Book.of(unit)
    ids = [AccountId(each.id) for each in rows]
    return Books(
        now=unit.now,
        account=account_of(row),
        number=row.number,
        connection=connection_of(connection),
        spans=await _spans(db, unit, row, rows),
        holdings=await _holdings(ids),
        orders=tuple([e.known.order for each in ids for e in await book.open_orders(each)]),
        intents=await _intents(unit),
        valuations=valuations_of(rows),
        fresh=await _fresh(book, row, begun),
    )


async def _spans(
    db: Database, unit: Unit, row: AccountRow, rows: Sequence[AccountRow]
) -> tuple[Span, ...]:
    """Every scope that the account is in: all connections that reach it count."""
    links = await AccountLink.filter(account_id__in=[each.id for each in rows])
    reached: dict[str, set[AccountId]] = {}
    for link in links:
        reached.setdefault(link.connection_id, set()).add(AccountId(link.account_id))
    everything = frozenset(AccountId(each.id) for each in rows)
    own = frozenset({AccountId(row.id)})
    subjects = [
        (TradingScope.SERVER, "", everything),
        (TradingScope.USER, str(unit.user), everything),
        (TradingScope.ACCOUNT, row.id, own),
    ]
    subjects += [
        (TradingScope.CONNECTION, connection, frozenset(accounts))
        for connection, accounts in sorted(reached.items())
        if AccountId(row.id) in accounts
    ]
    ids = [scope_id(scope, subject) for scope, subject, _ in subjects]
    states, limits = await states_of(db, unit, ids), await limits_of(unit.user, ids)
    return tuple(
        Span(
            scope=scope,
            accounts=accounts,
            state=states.get(name, TradingState.ACTIVE),
            limits=limits.get(name),
        )
        for name, (scope, _, accounts) in zip(ids, subjects, strict=True)
    )


async def _holdings(accounts: Sequence[AccountId]) -> tuple[HoldingChange, ...]:
    rows = await HoldingRow.filter(account_id__in=list(accounts), held=True)
    return tuple(map(holding_of, rows))


async def _intents(unit: Unit) -> tuple[Intent, ...]:
    lately = Q(created_at__gt=unit.now - _LONGEST_LOOK_BACK)
    rows = await IntentRow.filter(lately | Q(state__in=_UNRESOLVED), user_id=unit.user)
    return tuple(decode(Intent, row.value) for row in rows)


async def _fresh(book: Book, account: AccountRow, begun: datetime) -> bool:
    """Observed since, and no order has filled since then or been seen filled in the same look."""
    observed = account.observed_at
    if observed is None or observed < begun:
        return False
    changed = await book.changed_since(AccountId(account.id), observed)
    return all(entry.known.order.filled_quantity == 0 for entry in changed)
