"""SQLite whose transactions take the write lock at once, so that none fails half way for it."""
# ruff: noqa: SLF001 (Tortoise offers no public way to correct it)

import asyncio
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any, TypeVar

import aiosqlite
import orjson
from tortoise.backends.base.client import ConnectionWrapper, TransactionalDBClient
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.connection import get_connections
from tortoise.exceptions import IntegrityError, OperationalError

from store.engines import CommitLost, Query, Rows, Write

T = TypeVar("T")

# A row has up to a dozen values; SQLite takes 32,766 a statement (since 3.32).
_MOST_ROWS = 64
_VALUES = re.compile(r"(?<=VALUES )\(.*?\)")


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
            return await _handed_over(connection, work)


class _Immediate(_AtOnce, SqliteTransactionWrapper):
    """A transaction that never has to upgrade from reading to writing.

    It begins with its first statement, in the same hand-over to SQLite's thread.
    """

    _begun = False

    async def begin(self) -> None:
        """Nothing yet."""

    def acquire_connection(self) -> ConnectionWrapper[Any]:
        """For statements of Tortoise's own, which may be the first."""
        return _Beginning(self._lock, self)

    async def finish(self, writes: Sequence[Write]) -> None:
        """See Batches; one hand-over to SQLite's thread."""

        def work(there: sqlite3.Connection) -> None:
            _write(there, writes)
            try:
                there.commit()
            except sqlite3.Error as error:
                raise CommitLost("the commit was not confirmed") from error

        await self._at_once(work)
        self._finalized = True

    async def _at_once(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def begun(there: sqlite3.Connection) -> T:
            self._begin(there)
            return work(there)

        whole: ConnectionWrapper[Any] = ConnectionWrapper(self._lock, self)
        async with whole as connection:
            return await _handed_over(connection, begun)

    async def begin_now(self) -> None:
        """Unless it has begun."""
        if not self._begun:
            await _handed_over(self._connection, self._begin)

    def _begin(self, there: sqlite3.Connection) -> None:
        if not self._begun:
            there.execute("BEGIN IMMEDIATE")
            self._begun = True


class _Beginning(ConnectionWrapper[Any]):
    """The connection of a transaction that has begun."""

    client: _Immediate

    async def __aenter__(self) -> Any:
        connection = await super().__aenter__()
        try:
            await self.client.begin_now()
        except BaseException:
            self._lock.release()
            raise
        return connection


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
    """Tortoise's client with the corrections above; what only reads has a connection of its own.

    So no reader waits for a transaction, nor for the disk at the end of one: it sees what was
    committed when it began.
    """

    _reading: aiosqlite.Connection | None = None

    def _in_transaction(self) -> Any:
        return _Context(_Immediate(self), self._lock)

    async def create_connection(self, with_db: bool) -> None:  # noqa: FBT001 (Tortoise's)
        """Both."""
        await super().create_connection(with_db)
        if self._reading is None:
            self._reading = await aiosqlite.connect(self.filename, isolation_level=None)
            self._reading._conn.row_factory = sqlite3.Row
            for pragma in (f"busy_timeout = {self.pragmas['busy_timeout']}", "query_only = ON"):
                await self._reading.execute_fetchall(f"PRAGMA {pragma}")

    async def close(self) -> None:
        """Both."""
        if self._reading is not None:
            await self._reading.close()
            self._reading = None
        await super().close()

    async def read(self, queries: Sequence[Query]) -> list[Rows]:
        """See Batches; one hand-over, and all as of one commit."""
        return await self._apart(lambda there: _read_together(there, queries))

    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Any]:
        """As Tortoise's."""
        if not query.startswith("SELECT"):
            return await super().execute_query(query, values)  # type: ignore[no-any-return]  # untyped in Tortoise
        rows = await self._apart(lambda there: there.execute(query, values or ()).fetchall())
        return len(rows), rows

    async def _apart(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._reading is None:
            await self.create_connection(with_db=True)
        return await _handed_over(self._reading, work)


async def _handed_over(connection: Any, work: Callable[[sqlite3.Connection], T]) -> T:
    """What it gives, done in SQLite's thread."""
    try:
        return await connection._execute(work, connection._conn)  # type: ignore[no-any-return]  # untyped in aiosqlite
    except sqlite3.OperationalError as error:
        raise OperationalError(error) from error
    except sqlite3.IntegrityError as error:
        raise IntegrityError(error) from error


def _read_together(connection: sqlite3.Connection, queries: Sequence[Query]) -> list[Rows]:
    connection.execute("BEGIN")
    try:
        return [_read(connection, *query) for query in queries]
    finally:
        connection.execute("ROLLBACK")


def _read(connection: sqlite3.Connection, sql: str, values: Sequence[object]) -> Rows:
    single = all(len(each) == 1 for each in values if isinstance(each, list))
    there = tuple(_there(each, single=single) for each in values)
    return connection.execute(_translated(sql, single=single), there).fetchall()


def _there(value: object, *, single: bool) -> object:
    """A value as SQLite takes it, which has no lists."""
    if not isinstance(value, list):
        return value
    return value[0] if single else orjson.dumps(value).decode()


def _write(connection: sqlite3.Connection, writes: Sequence[Write]) -> None:
    for sql, rows in writes:
        if sql.startswith("INSERT"):
            for several in _shares(rows):
                connection.execute(_repeated(sql, len(several)), tuple(chain(*several)))
        else:
            connection.executemany(_translated(sql), rows)


def _shares(rows: Sequence[Sequence[object]]) -> Iterator[Sequence[Sequence[object]]]:
    """The rows by powers of two, so that few statements are ever made.

    After each step of a statement SQLite's thread takes Python's lock again, for which a busy loop
    lets it wait five milliseconds: a step a row would make a burst wait for that times its length.
    """
    done = 0
    while done < len(rows):
        many = min(_MOST_ROWS, 1 << (len(rows) - done).bit_length() - 1)
        yield rows[done : done + many]
        done += many


@cache
def _repeated(sql: str, times: int) -> str:
    """The same INSERT for so many rows."""
    return _VALUES.sub(
        lambda row: ", ".join([re.sub(r"\?\d+", "?", row[0])] * times), _translated(sql)
    )


@cache
def _translated(sql: str, *, single: bool = False) -> str:
    """SQLite's words; its one writer needs no FOR UPDATE.

    `single`: its lists have one value each, as most do, which is found in half of the time.
    """
    among = r"= $\1" if single else r"IN (SELECT value FROM json_each($\1))"
    each = r"SELECT $\1 AS" if single else r"SELECT value AS"
    whence = "" if single else r" FROM json_each($\1)"
    listed = re.sub(r"= ANY\(\$(\d+)\)", among, sql)
    listed = re.sub(r"SELECT unnest\(\$(\d+)::text\[\]\) AS (\w+)", rf"{each} \2{whence}", listed)
    return listed.replace("$", "?").removesuffix(" FOR UPDATE")


client_class = Sqlite
