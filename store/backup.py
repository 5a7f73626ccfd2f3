"""Copies of a SQLite database, each one file: made while a server writes, put back later."""

import asyncio
import gzip
import os
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from domain.errors import ErrorCode, Problem
from store.database import APP, Database, known_migrations

_PRIVATE = 0o600
_BUSY_SECONDS = 10.0
# Whoever read the lost database past the copy would otherwise resume in the middle of another life.
NEW_TAGS = {
    "sqlite": "UPDATE stream SET tag = lower(hex(randomblob(8)))",
    "postgres": "UPDATE stream SET tag = substr(md5(random()::text || user_id), 1, 16)",
}


def back_up(database: Path, to: Path) -> None:
    """Write the whole database, as of one moment, into a new file for its owner alone.

    It is a SQLite file in gzip, whose checksum finds damage. Problem if there is no database, the
    file is there already, or it cannot be written.
    """
    if not database.exists():
        raise Problem(ErrorCode.NOT_FOUND, f"There is no database {database} to copy.")
    if to.exists():
        raise Problem(ErrorCode.CONFLICT, f"{to} is there already: choose another name.")
    with _drafts(to.parent) as folder:
        plain, packed = folder / "plain", folder / "packed"
        _copy(database, plain)
        _check(plain, database)
        _pack(plain, packed)
        packed.replace(to)


def restore(backup: Path, database: Path) -> None:
    """Put a copy where the database belongs, in a folder that holds nothing else.

    Every stream gets a new tag, so that cursors from before are answered with Resync. Problem if
    the copy is missing or damaged, or the folder is not empty; then nothing is left behind.
    """
    if not backup.is_file():
        raise Problem(ErrorCode.NOT_FOUND, f"There is no file {backup}.")
    folder = database.parent
    if folder.exists() and any(folder.iterdir()):
        message = f"{folder} is not empty: move it away, or name another as the data folder."
        raise Problem(ErrorCode.CONFLICT, message)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _drafts(folder) as drafts:
        plain = drafts / "plain"
        _unpack(backup, plain)
        _check(plain, backup)
        _check_known(plain, backup)
        with closing(sqlite3.connect(plain)) as copy, copy:
            copy.execute(NEW_TAGS["sqlite"])
        _flush(plain)
        plain.replace(database)


async def migrate(db: Database) -> None:
    """Bring the schema to its newest state; on SQLite what was there before is copied first.

    The copy lies beside the database under the name of the last migration in it.
    """
    applied = await db.applied()
    if db.file is not None and applied and not await db.is_current():
        copy = db.file.with_name(f"{db.file.stem}-{applied[-1]}.backup")
        # One that is there is of an attempt that failed: what it holds is older and whole.
        if not copy.exists():
            await asyncio.to_thread(back_up, db.file, copy)
    await db.migrate()


@contextmanager
def _drafts(beside: Path) -> Iterator[Path]:
    """A private folder on the same disk, so that what is finished is put in place in one step."""
    try:
        with TemporaryDirectory(dir=beside, prefix=".backup-") as folder:
            yield Path(folder)
    except (OSError, sqlite3.OperationalError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        message = f"Could not write in {beside}: {reason}."
        raise Problem(ErrorCode.UNAVAILABLE, message) from error


def _copy(database: Path, plain: Path) -> None:
    """By SQLite's own online backup, all in one step: later writes do not get into it."""
    address = f"{database.resolve().as_uri()}?mode=rw"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)) as source,
        closing(sqlite3.connect(plain)) as target,
    ):
        source.backup(target)
        # One file, without a log of its own beside it.
        target.execute("PRAGMA journal_mode = DELETE")


def _check(plain: Path, origin: Path) -> None:
    """Problem if it is no sound database of ours."""
    try:
        with closing(sqlite3.connect(plain)) as copy:
            (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
            copy.execute("SELECT count(tag) FROM stream").fetchone()
    except sqlite3.DatabaseError as error:
        raise _damaged(origin) from error
    if verdict != "ok":
        raise _damaged(origin)


def _check_known(plain: Path, origin: Path) -> None:
    """Problem if a newer version wrote it: this one could not open it."""
    with closing(sqlite3.connect(plain)) as copy:
        made = copy.execute("SELECT name FROM tortoise_migrations WHERE app = ?", (APP,)).fetchall()
    unknown = sorted({name for (name,) in made} - known_migrations())
    if unknown:
        message = f"{origin} is of a newer version, whose {unknown[-1]} is not known here: "
        raise Problem(ErrorCode.BAD_INPUT, f"{message}install that version, then restore it.")


def _pack(plain: Path, packed: Path) -> None:
    packed.touch(mode=_PRIVATE)
    with plain.open("rb") as source, gzip.open(packed, "wb", compresslevel=6) as target:
        shutil.copyfileobj(source, target)
    _flush(packed)


def _unpack(backup: Path, plain: Path) -> None:
    plain.touch(mode=_PRIVATE)
    try:
        with gzip.open(backup) as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _damaged(backup) from error


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _damaged(path: Path) -> Problem:
    return Problem(ErrorCode.BAD_INPUT, f"{path} is damaged or no database of Brokergraph.")
