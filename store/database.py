"""The database: opened once a process, migrated by Tortoise's own migrations."""

import asyncio
import fcntl
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import IO, Any, Literal, Self, cast

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.transactions import in_transaction

from domain.errors import ErrorCode, Problem

APP = "store"
APPS: dict[str, dict[str, Any]] = {
    APP: {"models": ["store.models"], "migrations": "store.migrations"}
}
_NAME = "default"
_PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "busy_timeout": 10_000,
    "secure_delete": "ON",
}

Engine = Literal["sqlite", "postgres"]


class Database:
    """An open database; one a process, because Tortoise finds it through a global."""

    def __init__(self, context: TortoiseContext, engine: Engine, lock: IO[str] | None) -> None:
        self.engine = engine
        self._context, self._lock = context, lock

    @classmethod
    async def open(cls, url: str, *, exclusive: bool = False) -> Self:
        """Open `sqlite:///absolute/path`, `sqlite://relative/path` or `postgres://...`.

        `exclusive` is for the server: on SQLite there is one, and a second one is told so.
        """
        engine: Engine = "sqlite" if url.startswith("sqlite:") else "postgres"
        connection = _connection(url, engine)
        lock = None
        if engine == "sqlite":
            lock = await asyncio.to_thread(_prepare, Path(connection["file_path"]), exclusive)
        context = TortoiseContext()
        try:
            with context:
                config = _configuration(connection, engine)
                await context.init(config, _enable_global_fallback=True)
            await context.connections.get(_NAME).execute_query("SELECT 1")
        except BaseException:
            await context.close_connections()
            _unlock(lock)
            raise
        return cls(context, engine, lock)

    async def migrate(self, *, target: str = "__latest__") -> None:
        """Bring the schema to its newest state, or to the migration named; twice does nothing."""
        executor = MigrationExecutor(self.client, APPS)
        await executor.migrate([MigrationTarget(app_label=APP, name=target)])

    async def close(self) -> None:
        """Let go of every connection and of the lock."""
        await self._context.close_connections()
        _unlock(self._lock)

    @property
    def client(self) -> BaseDBAsyncClient:
        """The connection of the current task: inside `transaction()`, that transaction's."""
        return self._context.connections.get(_NAME)

    def transaction(self) -> AbstractAsyncContextManager[object]:
        """One transaction; await nothing inside it but this database."""
        return cast("AbstractAsyncContextManager[object]", in_transaction(_NAME))


def _connection(url: str, engine: Engine) -> dict[str, Any]:
    """What Tortoise's client is made with; SQLite is never left to its own lax defaults."""
    credentials = cast("dict[str, Any]", expand_db_url(url)["credentials"])
    return credentials | _PRAGMAS if engine == "sqlite" else credentials


def _configuration(connection: dict[str, Any], engine: Engine) -> dict[str, Any]:
    module = "sqlite" if engine == "sqlite" else "asyncpg"
    client = {"engine": f"store.engines.{module}", "credentials": connection}
    return {"connections": {_NAME: client}, "apps": APPS, "use_tz": True, "timezone": "UTC"}


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
