"""Which account a report is about, and whether the connection that told may speak for it."""

from dataclasses import replace
from uuid import uuid4

from domain.account import Account, AccountReport, AccountStatus, AccountType, mask
from domain.changes import ChangeKind
from domain.connection import Connection, ConnectionState
from domain.ids import AccountId, ConnectionId
from store.book import Book
from store.codec import encode
from store.models import AccountLink, AccountRow, OrderRow
from store.unit import Unit
from store.values import account_of

_SPEAKING = frozenset({ConnectionState.ACTIVE, ConnectionState.DEGRADED})


async def seen(
    unit: Unit, book: Book, connection: Connection, report: AccountReport | str
) -> AccountRow | None:
    """The account that a connection reports of, made on first sight.

    None if another connection that is well owns it: an account counts once.
    """
    number = report if isinstance(report, str) else report.number
    row = await book.account(connection, number)
    if row is None:
        return await _made(unit, book, connection, _described(report))
    if row.connection_id != connection.id and not await _taken_over(unit, book, row, connection):
        return None
    if isinstance(report, AccountReport):
        await _described_again(unit, row, report)
    return row


def _described(report: AccountReport | str) -> AccountReport:
    """What is known of an account of which only an order was heard: its number."""
    if isinstance(report, AccountReport):
        return report
    return AccountReport(
        number=report,
        type=AccountType.OTHER,
        raw_type="",
        currency="",
        status=AccountStatus.UNKNOWN,
        raw_status="",
    )


async def _made(unit: Unit, book: Book, link: Connection, report: AccountReport) -> AccountRow:
    account = _account(AccountId(str(uuid4())), link, report)
    row = await AccountRow.create(
        id=account.id,
        user_id=unit.user,
        broker=link.broker,
        environment=link.environment.value,
        number=report.number,
        connection_id=link.id,
        value=encode(account),
    )
    await AccountLink.create(account_id=row.id, connection_id=link.id)
    book.add_account(row)
    unit.change(ChangeKind.ACCOUNT, account, connection=link.id, account=account.id)
    return row


def _account(id: AccountId, link: Connection, report: AccountReport) -> Account:
    return Account(
        id=id,
        connection_id=link.id,
        broker=link.broker,
        environment=link.environment,
        masked_number=mask(report.number),
        type=report.type,
        raw_type=report.raw_type,
        currency=report.currency,
        status=report.status,
        raw_status=report.raw_status,
        restrictions=report.restrictions,
    )


async def _taken_over(unit: Unit, book: Book, row: AccountRow, connection: Connection) -> bool:
    """Link it; take it over if its owner is not well."""
    await AccountLink.get_or_create(account_id=row.id, connection_id=connection.id)
    owner = await book.connection(unit.user, ConnectionId(row.connection_id))
    if owner is not None and owner.enabled and owner.health.state in _SPEAKING:
        return False
    await book.flush()
    row.connection_id = connection.id
    await row.save(update_fields=["connection_id"])
    await OrderRow.filter(account_id=row.id).update(connection_id=connection.id)
    account = account_of(row)
    unit.change(ChangeKind.ACCOUNT, account, connection=account.connection_id, account=account.id)
    return True


async def _described_again(unit: Unit, row: AccountRow, report: AccountReport) -> None:
    known = account_of(row)
    account = replace(
        known,
        type=report.type,
        raw_type=report.raw_type,
        currency=report.currency,
        status=report.status,
        raw_status=report.raw_status,
        restrictions=report.restrictions,
    )
    if account == known:
        return
    row.value = encode(account)
    await row.save(update_fields=["value"])
    unit.change(ChangeKind.ACCOUNT, account, connection=account.connection_id, account=account.id)
