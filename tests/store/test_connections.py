"""Connections from sign-in to purge."""

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from domain.account import AccountType
from domain.changes import CashChange, ChangeKind, HoldingChange
from domain.connection import (
    Connection,
    ConnectionState,
    Fault,
    Freshness,
    Health,
    Permission,
    Reach,
    Resource,
    SyncStatus,
)
from domain.errors import ErrorCode, Problem
from domain.ids import ConnectionId, UserId
from store.database import Database
from store.models import (
    AccountLink,
    AccountRow,
    CredentialRow,
    HoldingRow,
    JournalRow,
    MarkRow,
    OrderLink,
    OrderRow,
)
from tests.store.house import CREDENTIALS, USER, House, health, opened
from tests.store.samples import ACCOUNT, at, holding, mark, report, snapshot

NOWHERE = ConnectionId("nowhere")


async def test_a_new_connection_is_pending_until_it_was_read_through(house: House) -> None:
    connection = await house.connect(state=ConnectionState.PENDING)
    assert connection.health.state is ConnectionState.PENDING
    assert connection.health.reach is Reach.DOWN
    assert await house.connections.one(USER, connection.id) == connection
    assert await house.connections.one(UserId("eve"), connection.id) is None
    assert await house.connections.every() == (connection,)


async def test_only_news_about_health_is_journalled(house: House) -> None:
    connection = await house.connect()
    before = len(house.committed)

    async def fault(message: str, seconds: int) -> Connection:
        new = Health(
            state=ConnectionState.DEGRADED,
            reach=Reach.CONNECTED,
            since=at(seconds),
            fault=Fault(code=ErrorCode.RATE_LIMITED, message=message, at=at(seconds)),
        )
        return await house.connections.set_health(USER, connection.id, new)

    first = await fault("slow down", 1)
    assert await fault("slow down", 2) == first
    assert (await fault("slower", 3)).health.since == at(3)
    assert len(house.committed) == before + 2
    expiry = await house.connections.set_health(
        USER, connection.id, first.health, expires_at=at(60)
    )
    assert expiry.expires_at == at(60)


async def test_freshness_is_kept_by_resource_and_not_journalled(house: House) -> None:
    connection = await house.connect()
    before = len(house.committed)
    fresh = Freshness(resource=Resource.ORDERS, status=SyncStatus.OK, succeeded_at=at(1))
    await house.connections.set_freshness(USER, connection.id, [fresh])
    stale = Freshness(resource=Resource.BALANCES, status=SyncStatus.FAILED, attempted_at=at(2))
    kept = await house.connections.set_freshness(USER, connection.id, [stale])
    assert kept.freshness == (stale, fresh)
    assert (await house.reads.connection(USER, connection.id)) == kept
    assert len(house.committed) == before


async def test_a_disabled_connection_stays_so_whatever_its_feed_still_says(house: House) -> None:
    connection = await house.connect()
    await house.connections.update(USER, connection.id, enabled=False)
    late = await house.connections.set_health(
        USER, connection.id, health(ConnectionState.ACTIVE, at(1))
    )
    assert late.health.state is ConnectionState.DISABLED
    assert await house.connections.every() == ()
    again = await house.connections.update(USER, connection.id, enabled=True)
    assert again.health.state is ConnectionState.PENDING


async def test_only_what_is_given_is_changed(house: House) -> None:
    connection = await house.connect()
    every = timedelta(minutes=15)
    changed = await house.connections.update(
        USER, connection.id, label="Mine", permission=Permission.READ, sync_every=every
    )
    assert (changed.label, changed.permission) == ("Mine", Permission.READ)
    same = await house.connections.update(USER, connection.id)
    assert same == changed
    assert (await house.connections.update(USER, connection.id, sync_every=None)).sync_every is None


async def test_nothing_is_done_to_a_connection_that_is_not_the_users(house: House) -> None:
    connection = await house.connect()
    for user, id in ((USER, NOWHERE), (UserId("eve"), connection.id)):
        with pytest.raises(Problem, match="no such connection"):
            await house.connections.update(user, id, label="x")
        with pytest.raises(Problem, match="no such connection"):
            await house.connections.disconnect(user, id)
        with pytest.raises(Problem, match="sign in again"):
            await house.connections.credentials(user, id)


async def test_accounts_are_linked_once_and_a_repair_must_reach_one_of_them(house: House) -> None:
    connection = await house.connect()
    (account,) = await house.connections.link(USER, connection.id, [ACCOUNT])
    assert account.type is AccountType.MARGIN
    assert "TESTNUMBER" not in account.masked_number
    assert await house.connections.link(USER, connection.id, [ACCOUNT]) == (account,)
    other = ACCOUNT.__class__(
        number="SOMEBODYELSE",
        type=AccountType.CASH,
        raw_type="cash",
        currency="USD",
        status=ACCOUNT.status,
        raw_status="ACTIVE",
    )
    with pytest.raises(Problem, match="another account") as caught:
        await house.connections.link(USER, connection.id, [other])
    assert caught.value.code is ErrorCode.DIFFERENT_ACCOUNT
    assert len(await house.reads.accounts(USER)) == 1


async def test_signing_in_anew_replaces_the_credentials_and_keeps_the_id(house: House) -> None:
    connection = await house.connect()
    resealed = await house.connections.reseal(USER, connection.id, {"key": "new"})
    assert resealed.id == connection.id
    assert resealed.health.state is ConnectionState.PENDING
    assert await house.connections.credentials(USER, connection.id) == {"key": "new"}


async def test_to_disconnect_erases_the_credentials_and_keeps_the_history(house: House) -> None:
    connection = await house.connect()
    await house.ledger.record(
        USER, connection.id, snapshot(holdings=[holding()], orders=[report()])
    )
    ended = await house.connections.disconnect(USER, connection.id)
    assert ended.health.state is ConnectionState.DISCONNECTED
    assert await CredentialRow.all().count() == 0
    with pytest.raises(Problem, match="sign in again"):
        await house.connections.credentials(USER, connection.id)
    assert len((await house.reads.holdings(USER, first=5)).items) == 1
    assert len((await house.reads.orders(USER, first=5)).items) == 1
    late = await house.connections.set_health(
        USER, connection.id, health(ConnectionState.ACTIVE, at(9))
    )
    assert late.health.state is ConnectionState.DISCONNECTED


async def test_a_purge_leaves_no_row_and_whoever_resumes_ends_up_with_nothing(
    house: House,
) -> None:
    connection = await house.connect()
    full = snapshot(holdings=[holding()], orders=[report()], marks=[mark()])
    await house.ledger.record(USER, connection.id, full)
    cursor = (await house.journal.head(USER)).revision
    await house.connections.disconnect(USER, connection.id, purge=True)
    for rows in (AccountRow, AccountLink, HoldingRow, OrderRow, OrderLink, MarkRow, CredentialRow):
        assert await rows.all().count() == 0, rows
    holdings, cash, ended = (change.value for change in await house.journal.after(USER, cursor))
    assert isinstance(holdings, HoldingChange)
    assert holdings.holding.quantity == 0
    assert isinstance(cash, CashChange)
    assert cash.balances == ()
    assert isinstance(ended, Connection)
    assert ended.health.state is ConnectionState.DISCONNECTED
    orders = JournalRow.filter(kind=ChangeKind.ORDER.value)
    assert await orders.count() == 0
    assert await house.reads.connections(USER) == ()


async def test_a_purge_hands_an_account_to_the_other_connection_that_reaches_it(
    house: House,
) -> None:
    one, two = await house.connect(), await house.connect(label="The same again")
    await house.ledger.record(USER, one.id, snapshot(holdings=[holding()]))
    await house.connections.link(USER, two.id, [ACCOUNT])
    await house.connections.disconnect(USER, one.id, purge=True)
    (account,) = await house.reads.accounts(USER)
    assert account.connection_id == two.id
    assert len((await house.reads.holdings(USER, first=5)).items) == 1


def bytes_under(folder: Path) -> bytes:
    """All that is in any file there."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_no_secret_is_in_any_byte_of_the_database(tmp_path: Path) -> None:
    """Neither sealed nor kept in memory: in the file, its journal, and a backup of it."""
    url = f"sqlite://{tmp_path}/data/brokergraph.sqlite3"
    db = await Database.open(url)
    await db.migrate()
    async with opened(db) as house:
        sealed = await house.connect()
        fleeting = await house.connect(label="In memory alone", persist=False)
        assert await house.connections.credentials(USER, sealed.id) == CREDENTIALS
        assert await house.connections.credentials(USER, fleeting.id) == CREDENTIALS
        assert await CredentialRow.all().count() == 1
        shutil.copytree(tmp_path / "data", tmp_path / "copy")
        await db.client.execute_query("PRAGMA wal_checkpoint(TRUNCATE)")
    await db.close()
    original = sqlite3.connect(tmp_path / "data" / "brokergraph.sqlite3")
    backup = sqlite3.connect(tmp_path / "backup.sqlite3")
    original.backup(backup)
    original.close()
    backup.close()
    everything = bytes_under(tmp_path)
    assert b"In memory alone" in everything
    for secret in CREDENTIALS.values():
        assert secret.encode() not in everything


async def test_credentials_in_memory_are_gone_after_a_restart(house: House) -> None:
    connection = await house.connect(persist=False)
    async with opened(house.db) as restarted:
        with pytest.raises(Problem, match="sign in again") as caught:
            await restarted.connections.credentials(USER, connection.id)
    assert caught.value.code is ErrorCode.CREDENTIALS_REJECTED
