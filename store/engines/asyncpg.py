"""PostgreSQL whose pool gets its connection back when a transaction cannot begin."""
# ruff: noqa: SLF001 (Tortoise offers no public way to correct it)

from typing import Any

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContextPooled
from tortoise.connection import get_connections


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


class Asyncpg(AsyncpgDBClient):
    """Tortoise's client with the correction above."""

    def _in_transaction(self) -> Any:
        return _Context(TransactionWrapper(self), self._pool_init_lock)


client_class = Asyncpg
