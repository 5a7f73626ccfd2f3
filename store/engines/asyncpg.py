"""PostgreSQL whose pool gets its connection back when a transaction cannot begin."""
# ruff: noqa: SLF001 (Tortoise offers no public way to correct it)

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
                await connection.executemany(sql, rows)


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
    """Tortoise's client with the corrections above."""

    def _in_transaction(self) -> Any:
        return _Context(_Transaction(self), self._pool_init_lock)


client_class = Asyncpg
