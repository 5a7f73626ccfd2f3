"""PostgreSQL whose pool gets its connection back when a transaction cannot begin."""
# ruff: noqa: SLF001 (Tortoise offers no public way to correct it)

import re
from collections.abc import Callable, Sequence
from typing import Any

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContextPooled
from tortoise.backends.base_postgres.client import translate_exceptions
from tortoise.connection import get_connections

from store.engines import CommitLost, Query, Rows, Write


class _AtOnce:
    """Several statements at a time; see Batches."""

    acquire_connection: Callable[[], Any]

    @translate_exceptions
    async def read(self, queries: Sequence[Query]) -> list[Rows]:
        """See Batches."""
        async with self.acquire_connection() as connection:
            return [await connection.fetch(sql, *values) for sql, values in queries]

    @translate_exceptions
    async def write(self, writes: Sequence[Write]) -> None:
        """See Batches."""
        async with self.acquire_connection() as connection:
            for sql, rows in writes:
                if len(rows) > 1 and sql.startswith("INSERT"):
                    whole = await _by_columns(connection, sql)
                    await connection.execute(whole, *zip(*rows, strict=True))
                else:
                    await connection.executemany(sql, rows)


_VALUES = re.compile(r"VALUES \(.*?\)")
# An INSERT of a row, and the same of columns.
_BY_COLUMNS: dict[str, str] = {}


async def _by_columns(connection: Any, sql: str) -> str:
    """The same INSERT for many rows at once, which are handed over column by column.

    PostgreSQL carries out one statement in place of one a row, in five sixths of the time (measured
    2026-11-21). What the columns are it says itself; it is asked once a process.
    """
    if sql not in _BY_COLUMNS:
        kinds = (await connection.prepare(sql)).get_parameters()
        places = (f"${place}::{kind.name}[]" for place, kind in enumerate(kinds, 1))
        rows = f"SELECT * FROM unnest({', '.join(places)})"  # noqa: S608 (our names)
        _BY_COLUMNS[sql] = _VALUES.sub(rows, sql)
    return _BY_COLUMNS[sql]


class _Transaction(_AtOnce, TransactionWrapper):
    """A transaction that takes several statements at a time."""

    async def finish(self, writes: Sequence[Write]) -> None:
        """See Batches."""
        await self.write(writes)
        try:
            await self.commit()
        except Exception as error:
            raise CommitLost("the commit was not confirmed") from error


class _Context(TransactionContextPooled):
    """Returns the connection when beginning fails; Tortoise 1.1.9 loses it to the pool for ever."""

    client: Any

    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        pool = self.client._parent._pool
        self.client._connection = await pool.acquire()
        self.token = get_connections().set(self.connection_name, self.client)
        try:
            await self.client.begin()
        except BaseException:
            get_connections().reset(self.token)
            await pool.release(self.client._connection)
            raise
        return self.client  # type: ignore[no-any-return]  # untyped in Tortoise


class Asyncpg(_AtOnce, AsyncpgDBClient):
    """Tortoise's client with the corrections above, whose statements are planned each time.

    A plan that is kept is one for the table as it was when it was made: on a table that was empty
    then PostgreSQL reads all of it, until it is analysed, and an event cost more with every order
    (measured 2026-11-21: up to 25 ms to begin a transaction at 10,000 orders, so 1 ms).
    """

    async def create_connection(self, with_db: bool) -> None:  # noqa: FBT001 (Tortoise's)
        """As Tortoise's; a setting of the start, for those of a session are reset with its end."""
        self.server_settings["plan_cache_mode"] = "force_custom_plan"
        await super().create_connection(with_db)

    def _in_transaction(self) -> Any:
        return _Context(_Transaction(self), self._pool_init_lock)


client_class = Asyncpg
