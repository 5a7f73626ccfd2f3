"""`brokergraph audit`: whether the record of what was done is whole."""

from typing import Annotated

import typer

from app.commands import user_called, with_stores
from app.stores import Stores

app = typer.Typer(no_args_is_help=True, help="Whether the record of what was done is whole.")


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="One user; all if not given.")] = None,
) -> None:
    """Check every line of the chain; the exit status is 1 at the first line that was changed."""

    async def act(stores: Stores) -> list[tuple[str, str | None]]:
        users = [await user_called(stores, name)] if name else await stores.users.list()
        verdicts = [(user.name, await stores.audit.verify(user.id)) for user in users]
        return [
            (who, None if verdict.ok else f"row {verdict.row}: {verdict.reason}")
            for who, verdict in verdicts
        ]

    found = with_stores(act)
    for who, fault in found:
        typer.echo(f"{who}\t{fault or 'whole'}")
    if any(fault for _, fault in found):
        raise typer.Exit(1)
