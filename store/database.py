"""The database: opened once a process, migrated by Tortoise's own migrations."""

import asyncio
import fcntl
import pkgutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import IO, Any, Literal, Self, TypeVar, cast

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.context import TortoiseContext
from tortoise.exceptions import DBConnectionError, OperationalError
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.models import Model
from tortoise.transactions import in_transaction

from domain.errors import ErrorCode, Problem
from store import migrations
from store.engines import Batches

APP = "store"
_MODELS = ["store.models", "store.access_models", "store.consent_models", "store.money_models"]
_PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "busy_timeout": 10_000,
    "secure_delete": "ON",
}

_SILENT = "the database does not answer: see that its URL is right and that it runs"
_DAMAGED = "the database's file is damaged or none: move it away and restore a copy of it"

Engine = Literal["sqlite", "postgres"]
R = TypeVar("R", bound=Model)
_INSIDE: ContextVar[bool] = ContextVar("inside a transaction", default=False)


class Database:
    """An open database; one a process, because Tortoise finds it through a global."""

    def __init__(
        self, context: TortoiseContext, engine: Engine, file: Path | None, lock: IO[str] | None
    ) -> None:
        self.engine, self.file = engine, file
        self._context, self._lock = context, lock

    @classmethod
    async def open(cls, url: str, *, exclusive: bool = False) -> Self:
        """Open `sqlite:///absolute/path`, `sqlite://relative/path` or `postgres://...`.

        `exclusive` is for the server: on SQLite there is one, and a second one is told so.
        """
        engine = _engine(url)
        connection = _connection(url, engine)
        file, lock = sqlite_file(url), None
        if file is not None:
            lock = await asyncio.to_thread(_prepare, file, exclusive)
        context = TortoiseContext()
        try:
            with context:
                config = _configuration(connection, engine)
                await context.init(config, _enable_global_fallback=True)
            await context.connections.get(engine).execute_query("SELECT 1")
        except BaseException as error:
            await context.close_connections()
            _unlock(lock)
            if isinstance(error, OSError | DBConnectionError | OperationalError):
                raise Problem(ErrorCode.UNAVAILABLE, _SILENT) from error
            if isinstance(error, sqlite3.DatabaseError):
                raise Problem(ErrorCode.UNAVAILABLE, _DAMAGED) from error
            raise
        return cls(context, engine, file, lock)

    async def migrate(self, *, target: str = "__latest__") -> None:
        """Bring the schema to its newest state, or to the migration named; twice does nothing."""
        executor = MigrationExecutor(self.client, apps(self.engine))
        await executor.migrate([MigrationTarget(app_label=APP, name=target)])

    async def applied(self) -> tuple[str, ...]:
        """The names of the migrations that were made, in their order."""
        made = await MigrationRecorder(self.client).applied_migrations()
        return tuple(sorted(key.name for key in made))

    async def is_current(self) -> bool:
        """Whether the schema is the one that this version needs."""
        executor = MigrationExecutor(self.client, apps(self.engine))
        try:
            return not await executor.plan([MigrationTarget(app_label=APP, name="__latest__")])
        except OperationalError:  # nothing was ever migrated
            return False

    async def unknown(self) -> tuple[str, ...]:
        """The migrations that were made and that this version does not know."""
        return tuple(name for name in await self.applied() if name not in known_migrations())

    async def close(self) -> None:
        """Let go of every connection and of the lock."""
        await self._context.close_connections()
        _unlock(self._lock)

    @property
    def client(self) -> BaseDBAsyncClient:
        """The connection of the current task: inside `transaction()`, that transaction's."""
        return self._context.connections.get(self.engine)

    @property
    def batches(self) -> Batches:
        """The same, for several statements at a time."""
        return cast("Batches", self.client)

    async def one(self, kind: type[R], sql: str, *values: object) -> R | None:
        """The first row of a query that is asked all the time, None if there is none.

        Tortoise builds its SQL anew each time, which takes longer than asking.
        """
        (rows,) = await self.batches.read([(sql, values)])
        # Tortoise offers no public way to make a row of what was read.
        return kind._init_from_db(**rows[0]) if rows else None  # noqa: SLF001

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """One transaction; await nothing inside it but this database."""
        token = _INSIDE.set(True)
        try:
            async with in_transaction(self.engine):
                yield
        finally:
            _INSIDE.reset(token)

    @staticmethod
    def inside() -> bool:
        """Whether this task is in a transaction, or was begun in one."""
        return _INSIDE.get()


def apps(engine: Engine) -> dict[str, dict[str, Any]]:
    """Where Tortoise finds the rows and their migrations.

    The connection is named after the engine, because Tortoise caches SQL by that name.
    """
    app = {"models": _MODELS, "migrations": "store.migrations", "default_connection": engine}
    return {APP: app}


@cache
def known_migrations() -> frozenset[str]:
    """The names of all migrations of this version."""
    return frozenset(found.name for found in pkgutil.iter_modules(migrations.__path__))


def sqlite_file(url: str) -> Path | None:
    """Where the database is if it is SQLite, None if it is not; Problem if it is neither."""
    engine = _engine(url)
    return Path(_connection(url, engine)["file_path"]) if engine == "sqlite" else None


def _engine(url: str) -> Engine:
    match url.partition(":")[0]:
        case "sqlite":
            return "sqlite"
        case "postgres" | "postgresql":
            return "postgres"
    raise Problem(ErrorCode.BAD_INPUT, "a database is sqlite:///path or postgres://host/name")


def _connection(url: str, engine: Engine) -> dict[str, Any]:
    """What Tortoise's client is made with; SQLite is never left to its own lax defaults."""
    credentials = cast("dict[str, Any]", expand_db_url(url)["credentials"])
    return credentials | _PRAGMAS if engine == "sqlite" else credentials


def _configuration(connection: dict[str, Any], engine: Engine) -> dict[str, Any]:
    module = "sqlite" if engine == "sqlite" else "asyncpg"
    client = {"engine": f"store.engines.{module}", "credentials": connection}
    return {
        "connections": {engine: client},
        "apps": apps(engine),
        "use_tz": True,
        "timezone": "UTC",
    }


def _prepare(path: Path, exclusive: bool) -> IO[str] | None:  # noqa: FBT001 (passed on by a thread)
    """Make the folder, for this user only, and take the lock if asked."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not exclusive:
        return None
    lock = path.with_name(path.name + ".lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        message = f"another server is using {path.name}; stop it first, or move to PostgreSQL"
        raise Problem(ErrorCode.CONFLICT, message) from None
    return lock


def _unlock(lock: IO[str] | None) -> None:
    if lock is not None:
        lock.close()
