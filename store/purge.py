"""Taking away all that a connection brought along, so that whoever resumes ends up without it."""

from domain.changes import CashChange, ChangeKind
from domain.connection import Connection
from domain.holding import gone
from domain.ids import AccountId, ConnectionId
from store.ledger import keep_holdings
from store.models import (
    AccountLink,
    AccountRow,
    ConnectionRow,
    HoldingRow,
    IntentRow,
    JournalRow,
    MarkRow,
    OrderLink,
    OrderRow,
    SyncRow,
)
from store.money_models import EquityRow, TransactionRow
from store.unit import Unit
from store.values import account_of, holding_of


async def purge(unit: Unit, connection: Connection) -> None:
    """Holdings go to zero, then the rows go; an account that another connection reaches stays.

    The caller journals the connection itself last. The audit stays: it is the user's proof.
    """
    await AccountLink.filter(connection_id=connection.id).delete()
    for account in await AccountRow.filter(user_id=unit.user, connection_id=connection.id):
        heir = await AccountLink.filter(account_id=account.id).order_by("id").first()
        if heir is None:
            await _purge_account(unit, account)
        else:
            await _hand_over(unit, account, ConnectionId(heir.connection_id))
    await MarkRow.filter(connection_id=connection.id).delete()
    await SyncRow.filter(connection_id=connection.id).delete()
    await JournalRow.filter(
        user_id=unit.user, connection_id=connection.id, kind=ChangeKind.CONNECTION.value
    ).delete()
    await ConnectionRow.filter(id=connection.id).delete()


async def _hand_over(unit: Unit, account: AccountRow, heir: ConnectionId) -> None:
    account.connection_id = heir
    await account.save(update_fields=["connection_id"])
    await OrderRow.filter(account_id=account.id).update(connection_id=heir)
    value = account_of(account)
    unit.change(ChangeKind.ACCOUNT, value, connection=heir, account=value.id)


async def _purge_account(unit: Unit, account: AccountRow) -> None:
    """What was journalled of it before goes first; what is journalled now is its end."""
    owner, connection = AccountId(account.id), ConnectionId(account.connection_id)
    await JournalRow.filter(user_id=unit.user, account_id=owner).delete()
    held = await HoldingRow.filter(account_id=owner, held=True)
    ends = [gone(holding_of(row).holding) for row in held]
    await keep_holdings(unit, account, ends, unit.now)
    if account.balances:
        none = CashChange(account_id=owner, balances=())
        unit.change(ChangeKind.CASH, none, connection=connection, account=owner)
    for rows in (EquityRow, HoldingRow, IntentRow, OrderLink, OrderRow, TransactionRow):
        await rows.filter(account_id=owner).delete()
    await account.delete()
