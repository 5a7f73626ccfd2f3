"""SQLite whose transactions take the write lock at once, so that none fails half way for it."""
# ruff: noqa: SLF001 (Tortoise offers no public way to correct it)

import asyncio
import re
import sqlite3
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

import orjson
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.connection import get_connections
from tortoise.exceptions import IntegrityError, OperationalError, TransactionManagementError

from store.engines import Query, Rows, Write

T = TypeVar("T")


class _AtOnce:
    """Several statements at a time; see Batches."""

    acquire_connection: Callable[[], Any]

    async def read(self, queries: Sequence[Query]) -> list[Rows]:
        """See Batches; one hand-over to SQLite's thread."""
        return await self._at_once(lambda there: [_read(there, *query) for query in queries])

    async def write(self, writes: Sequence[Write]) -> None:
        """See Batches; one hand-over to SQLite's thread."""
        await self._at_once(lambda there: _write(there, writes))

    async def _at_once(self, work: Callable[[sqlite3.Connection], T]) -> T:
        async with self.acquire_connection() as connection:
            try:
                return await connection._execute(work, connection._conn)  # type: ignore[no-any-return]  # untyped in aiosqlite
            except sqlite3.OperationalError as error:
                raise OperationalError(error) from error
            except sqlite3.IntegrityError as error:
                raise IntegrityError(error) from error


class _Immediate(_AtOnce, SqliteTransactionWrapper):
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


class Sqlite(_AtOnce, SqliteClient):
    """Tortoise's client with the corrections above."""

    def _in_transaction(self) -> Any:
        return _Context(_Immediate(self), self._lock)


def _read(connection: sqlite3.Connection, sql: str, values: Sequence[object]) -> Rows:
    lists = (orjson.dumps(each).decode() if isinstance(each, list) else each for each in values)
    return connection.execute(_translated(sql), tuple(lists)).fetchall()


def _write(connection: sqlite3.Connection, writes: Sequence[Write]) -> None:
    for sql, rows in writes:
        connection.executemany(_translated(sql), rows)


@cache
def _translated(sql: str) -> str:
    """SQLite's words; its one writer needs no FOR UPDATE."""
    listed = re.sub(r"= ANY\(\$(\d+)\)", r"IN (SELECT value FROM json_each($\1))", sql)
    return listed.replace("$", "?").removesuffix(" FOR UPDATE")


client_class = Sqlite
