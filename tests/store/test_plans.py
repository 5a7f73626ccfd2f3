"""What an event makes the database read does not grow with the orders that are there."""

import pytest

from domain.facts import OrderReport
from domain.ids import ConnectionId
from store.book import About, broker_ids
from store.database import Database
from store.unit import Group
from tests.store.house import USER, House
from tests.store.samples import at, report

MANY = 3_000
# Often enough for a plan to be kept, if plans are.
OFTEN = 10

READ = """
SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0)::int AS read
FROM pg_stat_xact_user_tables WHERE relname IN ('order_', 'order_link')
"""
ORDERS = """
INSERT INTO order_ (id, user_id, account_id, connection_id, instrument_id, open, placed_at,
  changed_at, value, chain)
SELECT 'copy-' || g, user_id, account_id, connection_id, instrument_id, open, placed_at,
  changed_at, value, chain FROM order_, generate_series(1, $1::int) g
"""
LINKS = """
INSERT INTO order_link (account_id, broker_order_id, order_id)
SELECT account_id, 'copy-' || g, 'copy-' || g FROM order_link, generate_series(1, $1::int) g
"""


async def rows_read(db: Database, connection: ConnectionId, told: OrderReport) -> int:
    """How many rows of orders PostgreSQL goes through at the beginning of an event."""
    names = frozenset(broker_ids(told))
    about = About(connection=connection, account=told.account, names=names)
    async with db.transaction():
        group = Group(db.batches, at(0), None, [(USER, about)])
        await group.begin(("SELECT 1", []))
        ((row,),) = await db.batches.read([(READ, [])])
        return int(row["read"])


async def test_an_event_does_not_read_all_orders_of_its_account(db: Database, house: House) -> None:
    if db.engine == "sqlite":
        pytest.skip("SQLite does not count rows")
    connection, told = await house.connect(), report()
    await house.ledger.record(USER, connection.id, told)
    for _ in range(OFTEN):
        assert await rows_read(db, connection.id, told) > 0
    for grown in (ORDERS, LINKS):
        await db.client.execute_query(grown, [MANY])
    assert await rows_read(db, connection.id, told) < MANY / 10
