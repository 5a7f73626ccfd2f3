"""The schema, step by step, on tables that have rows in them."""

import importlib
import pkgutil
from datetime import UTC, datetime

import pytest
from tortoise.context import get_current_context
from tortoise.fields import Field
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.migration import Migration
from tortoise.migrations.operations import AddField, AlterModelOptions

import store.migrations
from store.database import Database, apps

NAMES = sorted(found.name for found in pkgutil.iter_modules(store.migrations.__path__))
STAMP = datetime(2026, 6, 1, 15, 0, tzinfo=UTC)
_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
}
_COLUMNS = {
    "sqlite": "SELECT name, type FROM pragma_table_info('{table}')",
    "postgres": (
        "SELECT column_name AS name, data_type AS type FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = '{table}'"
    ),
}


async def tables(db: Database) -> list[str]:
    """Ours, not Tortoise's list of migrations."""
    rows = await db.client.execute_query_dict(_TABLES[db.engine])
    return sorted(row["name"] for row in rows if row["name"] != "tortoise_migrations")


async def columns(db: Database, table: str) -> dict[str, str]:
    """Name and type of each."""
    query = _COLUMNS[db.engine].format(table=table)
    return {row["name"]: row["type"].upper() for row in await db.client.execute_query_dict(query)}


def value(type: str) -> object:
    """Something that a column of the type takes."""
    if "INT" in type:
        return 7
    if "BOOL" in type:
        return True
    if "TIME" in type:
        return STAMP
    return b"bytes" if type in {"BLOB", "BYTEA"} else "text"


async def fill(db: Database) -> dict[str, dict[str, object]]:
    """A row in every table; what is in it."""
    rows = {}
    for table in await tables(db):
        row = {name: value(type) for name, type in (await columns(db, table)).items()}
        marks = [f"${n}" if db.engine == "postgres" else "?" for n in range(1, len(row) + 1)]
        names = ", ".join(f'"{name}"' for name in row)
        insert = f'INSERT INTO "{table}" ({names}) VALUES ({", ".join(marks)})'  # noqa: S608
        await db.client.execute_query(insert, list(row.values()))
        rows[table] = row
    return rows


async def kept(db: Database, table: str) -> list[dict[str, object]]:
    """All rows of a table."""
    found = await db.client.execute_query_dict(f'SELECT * FROM "{table}"')  # noqa: S608
    return [dict(row) for row in found]


@pytest.mark.parametrize("name", NAMES)
async def test_every_later_step_works_on_tables_that_were_filled_before_it(
    database_url: str, name: str
) -> None:
    db = await Database.open(database_url)
    await db.migrate(target=name)
    filled = await fill(db)
    assert filled
    await db.migrate()
    await db.migrate()
    for table, row in filled.items():
        (found,) = await kept(db, table)
        same = {key: found[key] for key in row if key in found}
        assert _plain(same) == _plain({key: row[key] for key in same}), table
    await db.close()


def _plain(row: dict[str, object]) -> dict[str, object]:
    """SQLite has neither booleans nor times of its own."""
    return {key: str(each) if isinstance(each, datetime) else each for key, each in row.items()}


async def test_the_migrations_lead_to_the_rows_as_they_are_declared(migrated_url: str) -> None:
    db = await Database.open(migrated_url)
    context = get_current_context()
    assert context is not None
    assert context.apps is not None
    with context:
        missing = await MigrationAutodetector(context.apps, apps(db.engine)).changes()
    await db.close()
    operations = [operation for writer in missing for operation in writer.operations]
    # The options include the docstring, which is no part of the schema.
    assert [each for each in operations if not isinstance(each, AlterModelOptions)] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_column_is_added_that_a_filled_table_could_not_take(name: str) -> None:
    """Tortoise 1.1.9 adds a NOT NULL column with a Python default without a DEFAULT."""
    module = importlib.import_module(f"store.migrations.{name}")
    migration: type[Migration] = module.Migration
    for operation in migration.operations:
        if isinstance(operation, AddField):
            field = operation.field
            assert isinstance(field, Field)
            assert field.null or field.has_db_default(), (name, operation.name)
