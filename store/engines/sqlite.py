"""SQLite whose transactions take the write lock at once, so that none fails half way for it."""
# ruff: noqa: SLF001 (Tortoise offers no public way to correct it)

import asyncio
import sqlite3
from typing import Any

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError


class _Immediate(SqliteTransactionWrapper):
    """A transaction that never has to upgrade from reading to writing."""

    async def begin(self) -> None:
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise TransactionManagementError(error) from error


class _Context(SqliteTransactionContext):
    """Lets go of the connection when beginning fails; Tortoise 1.1.9 keeps it locked for ever."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            self.token = get_connections().set(self.connection_name, self.connection)
            try:
                await self.connection.begin()
            except BaseException:
                get_connections().reset(self.token)
                # A cancelled BEGIN still happens, in SQLite's own thread.
                await asyncio.shield(self.connection._connection.rollback())
                raise
        except BaseException:
            self._trxlock.release()
            raise
        return self.connection  # type: ignore[no-any-return]  # untyped in Tortoise


class Sqlite(SqliteClient):
    """Tortoise's client with the two corrections above."""

    def _in_transaction(self) -> Any:
        return _Context(_Immediate(self), self._lock)


client_class = Sqlite
