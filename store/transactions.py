"""Transactions kept: each once by its broker's id, corrected when its broker amends it."""

from collections.abc import Iterable

from domain.changes import ChangeKind
from domain.ids import AccountId, ConnectionId, TransactionId, ordered_id
from domain.transaction import Transaction, TransactionChange, TransactionsRead, amended
from store.codec import decode, encode
from store.models import AccountRow
from store.money_models import TransactionRow
from store.unit import Unit


async def take(unit: Unit, account: AccountRow, read: TransactionsRead) -> None:
    """Keep and journal what is new, and how far the reading now is, or neither."""
    told = {one.broker_id: one for one in read.transactions}
    found = await TransactionRow.filter(account_id=account.id, broker_id__in=list(told))
    known = {row.broker_id: row for row in found}
    changed = _changed(known, told.values())
    rows = [_row(unit, account, known.get(one.broker_id), one) for one in changed]
    if rows:
        await TransactionRow.bulk_create(
            rows,
            on_conflict=["account_id", "broker_id"],
            update_fields=["instrument_id", "type", "at", "value"],
        )
    reading = encode(read.reading)
    if account.reading != reading:
        account.reading = reading
        await account.save(update_fields=["reading"])


def change_of(row: TransactionRow) -> TransactionChange:
    """The transaction in a row, with its account."""
    return TransactionChange(
        id=TransactionId(row.id),
        account_id=AccountId(row.account_id),
        transaction=decode(Transaction, row.value),
    )


def _changed(known: dict[str, TransactionRow], told: Iterable[Transaction]) -> list[Transaction]:
    changed = []
    for one in told:
        row = known.get(one.broker_id)
        before = None if row is None else decode(Transaction, row.value)
        after = amended(before, one)
        if after != before:
            changed.append(after)
    return changed


def _row(
    unit: Unit, account: AccountRow, known: TransactionRow | None, one: Transaction
) -> TransactionRow:
    """Journalled too: an amended transaction keeps its id."""
    key = TransactionId(known.id if known else ordered_id(unit.now))
    owner, connection = AccountId(account.id), ConnectionId(account.connection_id)
    change = TransactionChange(id=key, account_id=owner, transaction=one)
    unit.change(ChangeKind.TRANSACTION, change, connection=connection, account=owner)
    return TransactionRow(
        id=key,
        user_id=unit.user,
        account_id=owner,
        broker_id=one.broker_id,
        instrument_id=one.instrument.id if one.instrument else None,
        type=one.type.value,
        at=one.at,
        value=encode(one),
    )
