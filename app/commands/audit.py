"""`brokergraph audit`: whether the record of what was done is whole."""

from typing import Annotated

import typer

from app.commands import user_called, with_stores
from app.stores import Stores
from brokers.house_prices import HOUSE
from domain.errors import ErrorCode, Problem
from store.audit import AuditHead, Verdict

app = typer.Typer(no_args_is_help=True, help="Whether the record of what was done is whole.")


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="One user; all if not given.")] = None,
    logged: Annotated[
        str | None,
        typer.Option(help="SEQUENCE:HASH of an `audit head` from the log, of the user named."),
    ] = None,
) -> None:
    """Check every line of the chain; the exit status is 1 if any was changed or is missing."""
    if logged and not name:
        raise Problem(ErrorCode.BAD_INPUT, "--logged is of one user: name the user too.")
    head = _head(logged) if logged else None

    async def act(stores: Stores) -> list[tuple[str, Verdict]]:
        users = [await user_called(stores, name)] if name else await stores.users.list()
        chains = {user.name: user.id for user in users}
        if not name:
            chains["(the server itself)"] = HOUSE
        return [(who, await stores.audit.verify(user, logged=head)) for who, user in chains.items()]

    verdicts = with_stores(act)
    for who, verdict in verdicts:
        found = "whole" if verdict.ok else f"row {verdict.row}: {verdict.reason}"
        typer.echo(f"{who}\t{found}")
    if not all(verdict.ok for _, verdict in verdicts):
        raise typer.Exit(1)


def _head(text: str) -> AuditHead:
    sequence, _, digest = text.partition(":")
    if not sequence.isdecimal() or not digest:
        raise Problem(ErrorCode.BAD_INPUT, "--logged takes SEQUENCE:HASH, as in 12:9f86d0...")
    return AuditHead(sequence=int(sequence), hash=digest)
