"""`brokergraph backup` and `restore`: the database in one file; the master key stays apart."""

import shlex
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from app.settings import Settings
from domain.errors import ErrorCode, Problem
from store import backup as copies
from store.database import sqlite_file

File = Annotated[Path, typer.Argument(help="The copy.")]


def backup(file: File) -> None:
    """Copy the database into a new file, also while a server runs. The key is not in it."""
    settings = Settings()
    database = sqlite_file(settings.database)
    if database is None:
        raise _by_postgres(f"pg_dump --format=custom --file={_quoted(file)} {_url(settings)}")
    copies.back_up(database, file)
    typer.echo(f"Wrote {file}. Without the master key, which is not in it, its credentials cannot")
    typer.echo("be opened: keep a copy of the key in another place.")


def restore(file: File) -> None:
    """Put a copy into an empty data folder; clients that come back start anew."""
    settings = Settings()
    database = sqlite_file(settings.database)
    if database is None:
        url, tags = _url(settings), _quoted(copies.NEW_TAGS["postgres"])
        raise _by_postgres(
            f"pg_restore --no-owner --dbname={url} {_quoted(file)} && psql {url} -c {tags}"
        )
    copies.restore(file, database)
    typer.echo(f"Restored {database}; it is opened by the master key of its time.")


def _by_postgres(command: str) -> Problem:
    return Problem(ErrorCode.BAD_INPUT, f"PostgreSQL copies by its own tools: run {command}")


def _url(settings: Settings) -> str:
    """Of the database, for a shell; the password is left out and asked for."""
    url = urlsplit(settings.database)
    user, _, host = url.netloc.rpartition("@")
    name = user.partition(":")[0]
    return _quoted(f"postgres://{f'{name}@' if name else ''}{host}{url.path}")


def _quoted(word: object) -> str:
    return shlex.quote(str(word))
