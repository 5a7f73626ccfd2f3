"""Events of several users and connections in one transaction."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.changes import ChangeKind
from domain.connection import Connection
from domain.facts import OrderReport
from domain.ids import UserId
from domain.order import OrderStatus
from store.database import Database
from store.ledger import Recorded
from store.models import OrderLink, OrderRow
from tests.store.house import USER, House, opened
from tests.store.samples import report, snapshot

EVE = UserId("eve")


async def record(house: House, told: list[tuple[Connection, OrderReport]]) -> list[Recorded]:
    """All at once, so that they are written together."""
    each = (house.ledger.record(link.user_id, link.id, event) for link, event in told)
    return list(await asyncio.gather(*each))


async def test_users_whose_brokers_use_the_same_ids_keep_their_own_orders(house: House) -> None:
    links = [await house.connect(user) for user in (USER, EVE)]
    for status in (OrderStatus.NEW, OrderStatus.CANCELED):
        seconds = int(status is OrderStatus.CANCELED)
        await record(house, [(link, report("b1", seconds, status)) for link in links])
    for link in links:
        (order,) = (await house.reads.orders(link.user_id, first=5)).items
        assert (order.connection_id, order.status) == (link.id, OrderStatus.CANCELED)
        kinds = [change.kind for change in await house.journal.after(link.user_id, 0)]
        assert kinds.count(ChangeKind.ORDER) == 2
    assert await OrderRow.all().count() == 2


async def test_a_report_that_cannot_be_kept_fails_alone_among_all_users(house: House) -> None:
    links = [await house.connect(user) for user in (USER, EVE)]
    unwritable: Any = object()
    bad = replace(report("b2"), reason=unwritable)
    told = [(links[0], report("b1")), (links[1], bad), (links[1], report("b3"))]
    each = (house.ledger.record(link.user_id, link.id, event) for link, event in told)
    good, failed, other = await asyncio.gather(*each, return_exceptions=True)
    assert isinstance(failed, TypeError)
    assert isinstance(good, Recorded)
    assert isinstance(other, Recorded)
    assert {row.broker_order_id for row in await OrderLink.all()} == {"b1", "b3"}
    assert {row.user_id for row in await OrderRow.all()} == {USER, EVE}


@pytest.mark.parametrize("many", [1, 63, 64, 151])
async def test_each_of_many_in_one_transaction_is_kept_and_then_changed(
    house: House, many: int
) -> None:
    link = await house.connect()
    names = {f"b{number}" for number in range(many)}
    for seconds, status in enumerate((OrderStatus.NEW, OrderStatus.CANCELED)):
        await record(house, [(link, report(name, seconds, status)) for name in names])
    assert {row.broker_order_id for row in await OrderLink.all()} == names
    assert await OrderRow.filter(open=False).count() == many
    changes = await house.journal.after(USER, 0)
    assert [change.revision for change in changes] == list(range(1, len(changes) + 1))
    assert [change.kind for change in changes].count(ChangeKind.ORDER) == 2 * many


async def test_what_was_recorded_in_the_transaction_of_a_purge_is_purged_too(house: House) -> None:
    connection = await house.connect()
    await house.ledger.record(USER, connection.id, snapshot(orders=[report("b1")]))
    _, _, late = await asyncio.gather(
        house.ledger.record(USER, connection.id, report("b2")),
        house.connections.disconnect(USER, connection.id, purge=True),
        house.ledger.record(USER, connection.id, report("b3")),
    )
    assert late == Recorded()
    assert await OrderRow.all().count() == await OrderLink.all().count() == 0


async def test_an_order_goes_along_when_its_account_is_taken_over(house: House) -> None:
    one, two = await house.connect(), await house.connect(label="The same again")
    await record(house, [(one, report("b0")), (one, report("b1"))])
    await asyncio.gather(
        house.ledger.record(USER, one.id, report("b1", 1, OrderStatus.CANCELED)),
        house.connections.update(USER, one.id, enabled=False),
        house.ledger.record(USER, two.id, report("b2")),
        house.ledger.record(USER, two.id, report("b0", 1, OrderStatus.EXPIRED)),
    )
    orders = (await house.reads.orders(USER, first=5)).items
    assert {order.connection_id for order in orders} == {two.id}
    assert sorted((order.broker_order_id, order.status) for order in orders) == [
        ("b0", OrderStatus.EXPIRED),
        ("b1", OrderStatus.CANCELED),
        ("b2", OrderStatus.NEW),
    ]


@pytest.mark.parametrize("users", [1, 20])
async def test_a_group_reads_no_more_often_for_many_users_than_for_one(
    migrated_file: Path, tmp_path: Path, users: int
) -> None:
    """On SQLite, which tells what it is asked; the other engine is asked the same."""
    path = shutil.copy(migrated_file, tmp_path / "copy.sqlite3")
    db = await Database.open(f"sqlite://{path}")
    async with opened(db) as house:
        links = [await house.connect(UserId(f"user-{number}")) for number in range(users)]
        await record(house, [(link, report()) for link in links])
        asked: list[str] = []
        await db.client._connection.set_trace_callback(asked.append)
        await record(house, [(link, report(seconds=1, filled="1")) for link in links])
    await db.close()
    reads = [sql for sql in asked if sql.lstrip().startswith("SELECT")]
    # The streams, the connections, the accounts, the orders.
    assert len(reads) == 4, reads
