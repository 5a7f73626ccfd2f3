"""The command line: every command that there is, each where its name says."""

import asyncio
import sys
from typing import Annotated

import typer
import uvloop
from pydantic import ValidationError

from app.commands import audit, backup, doctor, keys, tokens, users, witness
from app.settings import PREFIX, Settings
from domain.errors import Problem
from store import backup as copies
from store.database import Database

app = typer.Typer(
    name="brokergraph",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="One live GraphQL API over all of a person's brokerage accounts.",
)
app.add_typer(users.app, name="user")
app.add_typer(tokens.app, name="token")
app.add_typer(keys.app, name="keys")
app.add_typer(audit.app, name="audit")
app.command()(witness.witness)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(doctor.doctor)


@app.command()
def serve() -> None:
    """Serve; refuses whatever is not fit for real accounts, and says what to do."""
    from app.serving import serve as serve_until_stopped

    uvloop.run(serve_until_stopped(Settings()))


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8000,
) -> None:
    """Serve a demo portfolio from sandbox brokers beside the server, all on this machine."""
    from app.demo import run

    uvloop.run(run(port))


@app.command()
def migrate() -> None:
    """Bring the database's schema to what this version needs; twice does nothing."""
    asyncio.run(_migrate(Settings()))
    typer.echo("The database is up to date.")


@app.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from graph.schema import text

    typer.echo(text())


async def _migrate(settings: Settings) -> None:
    db = await Database.open(settings.database)
    try:
        await copies.migrate(db)
    finally:
        await db.close()


def main() -> None:
    """Run a command; what a person can mend is one sentence, not a traceback."""
    try:
        app()
    except Problem as problem:
        _fail(problem.message)
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            name = "__".join(str(part) for part in fault["loc"]).upper()
            _fail(f"{PREFIX}{name}: {fault['msg']}" if name else fault["msg"], exiting=False)
        sys.exit(1)


def _fail(message: str, *, exiting: bool = True) -> None:
    typer.echo(message, err=True)
    if exiting:
        sys.exit(1)
